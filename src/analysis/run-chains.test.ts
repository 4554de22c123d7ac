import { describe, expect, test } from "vitest";
import type { RunRecord } from "./replay-chain.js";
import { RunChains } from "./run-chains.js";

/** Chains that remember what they were told, and which were given up. */
function chains(maxEnded = 2, max = 4) {
  const begun: { lost: number }[] = [];
  const ended: number[] = [];
  const all = new RunChains<{ lost: number; lose(): void }>({
    ...{ maxEnded, max },
    begin: () => {
      const chain = {
        lost: 0,
        lose: () => {
          chain.lost += 1;
        },
      };
      begun.push(chain);
      return chain;
    },
    end: (chain) => ended.push(begun.indexOf(chain)),
  });
  /** The number of the chain that a record goes to; -1: to none. */
  const take = (type: string, boot: string | null, follows?: string): number => {
    const record: RunRecord = {
      type,
      ...(boot !== null && { boot }),
      ...(follows !== undefined && { follows }),
    };
    const chain = all.of(record);
    return chain === undefined ? -1 : begun.indexOf(chain);
  };
  return { all, begun, ended, take };
}

describe("runs of a log", () => {
  test("a run goes on from the one that its opening names, and a record without a name from the one before", () => {
    const { take } = chains();
    const found = [
      take("log.begin", null),
      take("open", "a"),
      take("open", "b"),
      take("open", "a2", "a"),
      take("tick", null),
      take("log.open", null),
      take("tick", "b"),
      take("tick", null),
      take("open", "c", "never seen"),
    ];
    expect(found).toEqual([-1, 0, 1, 0, 0, -1, 1, 1, 2]);
  });

  test("of those that ended the one that ended longest ago is given up first, however late it had begun", () => {
    const { take, ended, all } = chains();
    for (const boot of ["long", "a", "b"]) take("open", boot);
    for (const boot of ["a", "b"]) take("close", boot);
    expect(all.hasForgotten).toBe(false);
    take("close", "long");
    expect({ ended, hasForgotten: all.hasForgotten }).toEqual({ ended: [1], hasForgotten: true });
    expect(take("open", "long2", "long")).toBe(0);
    expect(take("open", "a2", "a")).toBe(3);
  });

  test("one that was gone on from has not ended", () => {
    const { take, ended } = chains();
    take("open", "a");
    for (let i = 0; i < 5; i++) {
      const boot = `a${i}`;
      take("close", i === 0 ? "a" : `a${i - 1}`);
      expect(take("open", boot, i === 0 ? "a" : `a${i - 1}`)).toBe(0);
    }
    expect(ended).toEqual([]);
  });

  test("of those that never say that they ended the one that was silent for longest is given up", () => {
    const { take, ended } = chains();
    for (const boot of ["a", "b", "c", "d"]) take("open", boot);
    take("tick", "a");
    take("open", "e");
    expect(ended).toEqual([1]);
    expect(take("tick", "a")).toBe(0);
  });

  test("a name that comes twice begins anew, and what it had meant before is not forgotten silently", () => {
    const { take, ended, all } = chains();
    take("open", "a");
    take("open", "b", "a");
    take("open", "a");
    expect(take("open", "b", "a")).toBe(1);
    expect(ended).toEqual([0]);
    all.endAll();
    expect(ended).toEqual([0, 1]);
  });

  test("missing records are told to the run that they belong to, or to all", () => {
    const { take, begun, all } = chains();
    for (const boot of ["a", "b"]) take("open", boot);
    all.lose({ type: "gap", boot: "b" });
    all.lose({ type: "gap", boot: "never seen" });
    all.lose({ type: "gap" });
    expect(begun.map(({ lost }) => lost)).toEqual([1, 2]);
  });
});
