import { fileHeads } from "../log/head.js";
import { recoverLog } from "../log/recover.js";
import { LogWriter } from "../log/writer.js";
import { socketFile } from "./address.js";
import type { ShareAddress } from "./address.js";
import type { PeerOptions } from "./peer.js";
import { takenOver } from "./reasons.js";

/** Goes on with the log from where the one before left it. The address is bound. @throws what `recoverLog` and `LogWriter` throw */
export function takeLogOver(options: PeerOptions, address: ShareAddress): LogWriter {
  const { disk, dir, headDirs, origin, boot, software, now, mono, segmentLeaves, warn } = options;
  const file = socketFile(address);
  const mustBeOurs = (): void => {
    // Two may find the same dead socket, and the second removes the first one's.
    if (file !== undefined && socketFile(address) !== file) throw takenOver();
  };
  const heads = headDirs.map((place) => fileHeads(disk, place));
  const found = recoverLog({ disk, dir, heads, origin, mustBeOurs });
  // Whoever wrote before has not said that it ended. It may be alive where its socket is out of our reach.
  const isUnsure = found.recovered === null && found.last !== null && found.last.type !== "log.close";
  const end = isUnsure ? recoverLog({ disk, dir, heads, origin, mustBeOurs, fence: true }) : found;
  return new LogWriter({
    ...{ disk, dir, end, heads, now, mono, software, segmentLeaves, mustBeOurs },
    writer: boot,
    onTrouble: warn,
  });
}
