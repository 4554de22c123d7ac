import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fileHeads } from "../../src/audit/log/head.js";
import { recoverLog } from "../../src/audit/log/recover.js";
import { LogWriter } from "../../src/audit/log/writer.js";
import type { Verdict } from "../../src/audit/verify/verdict.js";
import { verifyLog } from "../../src/audit/verify/verify.js";
import { FakeDisk } from "../../src/testing/index.js";

const DIR = "/log";

/** One thing that a writer does, or that happens to it. */
type Step = "append" | "write" | "sync" | "checkpoint" | "wait" | "power failure" | "kill" | "close";

class Machine {
  disk: FakeDisk;
  at = 1_795_000_000_000;
  #log: LogWriter | undefined;
  #seq = 0;

  constructor(seed: number) {
    this.disk = new FakeDisk({ seed });
  }

  step(step: Step): void {
    if (step === "power failure" || step === "kill") {
      this.disk = step === "kill" ? this.disk.kill() : this.disk.crash();
      this.#log = undefined;
      return;
    }
    const log = (this.#log ??= this.#open());
    this.at += 7;
    if (step === "append") {
      const seq = ++this.#seq;
      log.append(
        `{"at":${this.at},"boot":"boot0001","mono":${this.at - 1_795_000_000_000},"n":`,
        `,"seq":${seq},"type":"gate","verdict":"allow"}`,
      );
    } else if (step === "wait") {
      this.at += 4_000;
      log.tick();
    } else if (step === "close") {
      log.close();
      this.#log = undefined;
    } else log[step]();
  }

  verify(): Verdict {
    return verifyLog({ disk: this.disk, dir: DIR, now: this.at });
  }

  #open(): LogWriter {
    const heads = [fileHeads(this.disk, `${DIR}/head`)];
    const end = recoverLog({ disk: this.disk, dir: DIR, heads, origin: "example.com/w" });
    return new LogWriter({
      ...{ disk: this.disk, dir: DIR, end, heads, writer: "w", software: "test", segmentLeaves: 8 },
      now: () => this.at,
      mono: () => this.at - 1_795_000_000_000,
    });
  }
}

const step = fc.oneof(
  { weight: 10, arbitrary: fc.constant("append" as const) },
  {
    weight: 3,
    arbitrary: fc.constantFrom("write" as const, "sync" as const, "checkpoint" as const, "wait" as const),
  },
  { weight: 1, arbitrary: fc.constantFrom("power failure" as const, "kill" as const, "close" as const) },
);

describe("logs that a writer wrote", () => {
  test("hold at any moment, whatever crashes there were: no false alarm", { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(step, { minLength: 5, maxLength: 80, size: "max" }), (seed, steps) => {
        const machine = new Machine(seed);
        machine.step("append");
        for (const each of steps) {
          machine.step(each);
          if (each !== "power failure" && each !== "kill" && each !== "close") continue;
          const { problems } = machine.verify();
          expect({ after: each, problems: problems.first }).toEqual({ after: each, problems: [] });
        }
        machine.step("close");
        const verdict = machine.verify();
        expect({ problems: verdict.problems.first, tail: verdict.tail.records }).toEqual({
          problems: [],
          tail: 0,
        });
      }),
      { numRuns: 60 },
    );
  });
});
