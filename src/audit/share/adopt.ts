import { messageOf } from "../../core/errors.js";
import { listenAt } from "./address.js";
import type { ShareAddress } from "./address.js";
import type { PeerOptions } from "./peer.js";
import type { Sequencer } from "./sequencer.js";
import { readSpool, removeSpool, spoolAddress, spoolsIn } from "./spool.js";

/** Takes what processes that are gone have kept beside the log into it, in order, once. */
export async function adoptSpools(
  { disk, dir, boot: own, warn }: PeerOptions,
  address: ShareAddress,
  sequencer: () => Sequencer | undefined,
): Promise<void> {
  let boots: string[];
  try {
    boots = spoolsIn(disk, dir);
  } catch {
    return;
  }
  for (const boot of boots) {
    if (boot === own || sequencer()?.has(boot) !== false) continue;
    const lock = await listenAt(spoolAddress(address, boot)).catch(() => undefined);
    // It is alive, and brings them itself.
    if (lock === undefined) continue;
    try {
      const left = readSpool(disk, dir, boot);
      const now = sequencer();
      if (now === undefined) return;
      if (left === undefined) warn(`\`spool/${boot}.jsonl\` in the log is no spool, and stays where it is`);
      else {
        now.adopt(left.standing, left.outbox);
        removeSpool(disk, dir, boot);
      }
    } catch (error) {
      warn(`what \`spool/${boot}.jsonl\` holds cannot be taken into the log: ${messageOf(error)}`);
    } finally {
      lock.close();
    }
  }
}
