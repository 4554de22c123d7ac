import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { parseVkey } from "../../src/audit/note/index.js";
import { cosign, createWitnessKey } from "../../src/audit/witness/index.js";
import type { WitnessAddress } from "../../src/audit/witness/index.js";
import { nodeDisk } from "../../src/store/node-disk.js";
import { SeededRandom } from "../../src/testing/seeded-random.js";
import { build, Victim } from "../support/built.js";
import { until } from "../support/loopback.js";
import { MadeLog } from "./witness-support.js";

const KILLS = Number(process.env["WITNESS_KILLS"] ?? 10);

test(
  `a witness process that is killed ${KILLS} times has never forgotten what it cosigned, and goes on each time`,
  { timeout: 600_000 },
  async () => {
    const dist = dirname(dirname(build().cli));
    const dir = mkdtempSync(join(tmpdir(), "rein-witness-kill-"));
    const keyFile = join(dir, "key");
    createWitnessKey(nodeDisk, keyFile, "witness.example/w", Date.now);
    const log = new MadeLog().growTo(20_000);
    const fork = log.fork(0, 20_000);
    const random = new SeededRandom(7);
    let told = 0;
    let size = 1;
    for (let life = 0; life <= KILLS; life++) {
      const victim = new Victim("witness.mjs", [dist, join(dir, "state"), keyFile, log.vkey]);
      await until(() => victim.said.length > 0, "it listens");
      const { url, vkey } = victim.said[0] as { url: string; vkey: string };
      const witnesses: WitnessAddress[] = [{ name: "w", url, verifier: parseVkey(vkey) }];
      const ask = (of: MadeLog, to: number) => cosign({ note: of.note(to), witnesses, proofOf: of.proofOf });
      if (told > 0) {
        const { problems } = await ask(fork, size + 1);
        expect(problems).toMatchObject([{ kind: "fork", isContradiction: true }]);
        expect(problems[0]!.witnessSize).toBeGreaterThanOrEqual(told);
      }
      const timer = setTimeout(() => victim.child.kill("SIGKILL"), 20 + random.below(150));
      for (let isUp = true; isUp;) {
        size += 1 + random.below(20);
        const { cosignatures, problems } = await ask(log, size);
        if (cosignatures.length > 0) told = size;
        else {
          expect(problems).toMatchObject([{ kind: "unreachable" }]);
          isUp = false;
        }
      }
      clearTimeout(timer);
      await victim.ended;
    }
    expect(told).toBeGreaterThan(KILLS);
  },
);
