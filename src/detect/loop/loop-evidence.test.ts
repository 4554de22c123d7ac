import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { alarmThreshold } from "../evidence/index.js";
import { LoopEvidence } from "./loop-evidence.js";

interface Call {
  readonly call: number;
  readonly result: number;
  readonly like: number;
  readonly failed?: boolean;
}

const ALARM = alarmThreshold(10);
const hash = fc.integer({ min: 1 });
const someCall = fc.record({ call: hash, result: hash, like: hash, failed: fc.boolean() });

/** Adds calls 10 s apart and returns how many it takes to alarm, or Infinity. */
function callsToAlarm(loop: LoopEvidence, calls: Iterable<Call>, everyMs = 10_000): number {
  let count = 0;
  for (const { call, result, like, failed } of calls) {
    count++;
    if (loop.add(call, result, like, failed ?? false, count * everyMs) >= ALARM) return count;
  }
  return Infinity;
}

function* times<T>(count: number, make: (index: number) => T): Generator<T> {
  for (let i = 0; i < count; i++) yield make(i);
}

/** A loop that has been through `before`, none of which repeats. */
function after(before: readonly Call[]): LoopEvidence {
  const loop = new LoopEvidence();
  for (const { call, result, like, failed } of before) loop.add(call, result, like, failed ?? false, 0);
  return loop;
}

describe("what goes round in circles is found within five repeats", () => {
  const history = fc.uniqueArray(someCall, { maxLength: 30, selector: ({ call }) => call });
  const cycle = fc.uniqueArray(someCall, { minLength: 1, maxLength: 6, selector: ({ call }) => call });

  test("for cycles of one to six calls, after any history without repeats", () => {
    fc.assert(
      fc.property(history, cycle, (before, round) => {
        const loop = after([...before, ...round]);
        expect(
          callsToAlarm(
            loop,
            times(5 * round.length, (i) => round[i % round.length]!),
          ),
        ).toBeLessThanOrEqual(5 * round.length);
      }),
    );
  });

  test("where results differ in their volatile parts only", () => {
    fc.assert(
      fc.property(cycle, (round) => {
        const loop = after(round);
        const calls = times(5 * round.length, (i) => ({ ...round[i % round.length]!, result: i + 1 }));
        expect(callsToAlarm(loop, calls)).toBeLessThanOrEqual(5 * round.length);
      }),
    );
  });

  test("where nobody told the results", () => {
    expect(
      callsToAlarm(
        new LoopEvidence(),
        times(50, () => ({ call: 7, result: 0, like: 0 })),
      ),
    ).toBe(6);
  });

  test("where a call takes two minutes", () => {
    expect(
      callsToAlarm(
        new LoopEvidence(),
        times(50, () => ({ call: 7, result: 1, like: 1 })),
        120_000,
      ),
    ).toBe(6);
  });

  test("and the same error from one call after the other is found, too, a little later", () => {
    const calls = times(100, (i) => ({ call: i + 1, result: i + 1, like: 9, failed: true }));
    expect(callsToAlarm(new LoopEvidence(), calls)).toBeLessThanOrEqual(20);
  });
});

describe("honest work is left alone", () => {
  const quiet = (calls: Iterable<Call>, everyMs?: number): void => {
    expect(callsToAlarm(new LoopEvidence(), calls, everyMs)).toBe(Infinity);
  };

  test("four repeats of one call", () => quiet(times(5, () => ({ call: 7, result: 1, like: 1 }))));

  test("polling, where the results change", () =>
    quiet(times(10_000, (i) => ({ call: 7, result: i + 1, like: i + 1 }))));

  test("polling with a few equal results now and then", () =>
    quiet(times(10_000, (i) => ({ call: 7, result: 1, like: 1 + Math.floor(i / 3) }))));

  test("a batch: other arguments each time, the same result", () =>
    quiet(times(10_000, (i) => ({ call: i + 1, result: 3, like: 3 }))));

  test("edit, test, edit, test: new edits, the same result of the tests", () =>
    quiet(
      times(10_000, (i) =>
        i % 2 === 0 ? { call: i + 10, result: 3, like: 3 } : { call: 7, result: 5, like: 5 },
      ),
    ));

  test("a look at the same thing each half hour", () =>
    quiet(
      times(10_000, () => ({ call: 7, result: 1, like: 1 })),
      1_800_000,
    ));

  test("a call in circles that makes progress each third time", () => {
    const loop = new LoopEvidence();
    for (let i = 0; i < 1000; i++) {
      expect(loop.add(7, 1, 1, false, i)).toBeLessThan(ALARM);
      if (i % 3 === 0) loop.progress(i);
    }
  });
});

describe("the promise of the dial", () => {
  test("where repetition stays below its usual share, evidence reaches c within n calls in at most n/c of the runs", () => {
    // Rereads at random: 4 % of the calls are the previous one again.
    const [runs, calls, threshold] = [400, 500, 5000];
    let alarms = 0;
    let state = 12345;
    const draw = (): number => (state = Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    for (let run = 0; run < runs; run++) {
      const loop = new LoopEvidence();
      let call = 1;
      let most = 0;
      for (let i = 0; i < calls; i++) {
        if (draw() / 2 ** 32 >= 0.04) call = draw();
        most = Math.max(most, loop.add(call, 1, 1, false, i));
      }
      if (most >= threshold) alarms++;
    }
    expect(alarms / runs).toBeLessThanOrEqual(calls / threshold);
  });
});

describe("what it says", () => {
  test.each<[calls: Call[], sentence: string]>([
    [
      [...times(6, () => ({ call: 7, result: 1, like: 1 }))],
      "the same call came 6 times with the same results",
    ],
    [
      [...times(18, (i) => ({ call: 1 + (i % 2), result: 1, like: 1 }))],
      "the same 2 calls came 9 times with the same results",
    ],
    [
      [...times(6, () => ({ call: 7, result: 0, like: 0 }))],
      "the same call came 6 times with results that nobody told",
    ],
    [
      [...times(9, (i) => ({ call: i, result: 1, like: 1, failed: true }))],
      "different calls failed with the same error 9 times",
    ],
  ])("%#: %s", (calls, sentence) => {
    expect(after(calls).sentence()).toBe(sentence);
  });

  test("since when", () => {
    const loop = new LoopEvidence();
    for (let i = 0; i < 10; i++) loop.add(i, i, i, false, i * 1000);
    for (let i = 10; i < 16; i++) loop.add(99, 1, 1, false, i * 1000);
    expect(loop.since).toBe(11_000);
  });
});

describe("its state", () => {
  const step = fc.oneof(
    fc.record({
      call: fc.integer({ min: 0, max: 4 }),
      like: fc.integer({ min: 0, max: 3 }),
      failed: fc.boolean(),
      gap: fc.nat(400_000),
    }),
    fc.constantFrom("progress", "reset"),
  );
  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

  /** Takes a step and returns everything that can be seen afterwards. */
  function take(loop: LoopEvidence, item: Step, mono: number): unknown {
    if (item === "progress") loop.progress(mono);
    else if (item === "reset") loop.reset(mono);
    else if (typeof item === "object") loop.add(item.call, item.like, item.like, item.failed, mono);
    return [loop.value, loop.since, loop.sentence(), loop.image()];
  }

  test("goes on from an image bit for bit as the original", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.array(step, { maxLength: 40 }), (first, then) => {
        let mono = 0;
        const next = (item: Step): number => (mono += typeof item === "object" ? item.gap : 1);
        const original = new LoopEvidence();
        for (const item of first) take(original, item, next(item));
        const copy = new LoopEvidence();
        copy.restore(JSON.parse(JSON.stringify(original.image())));
        for (const item of then) {
          const at = next(item);
          expect(take(copy, item, at)).toEqual(take(original, item, at));
        }
      }),
    );
  });

  test("is null when new", () => {
    expect(new LoopEvidence().image()).toBeNull();
  });

  test("takes no harm from what is not a number, or from time that goes back", () => {
    const odd = fc.constantFrom(NaN, Infinity, -Infinity, 0, -1, 1, 2 ** 40);
    fc.assert(
      fc.property(fc.array(fc.tuple(odd, odd, odd, odd)), (calls) => {
        const loop = new LoopEvidence();
        for (const [call, result, like, mono] of calls) {
          expect(Number.isFinite(loop.add(call, result, like, true, mono))).toBe(true);
        }
        const bad = calls.filter(([call]) => !Number.isFinite(call)).length;
        expect(loop.skipped).toBe(bad + calls.filter(([, , , mono]) => !Number.isFinite(mono)).length);
        const copy = new LoopEvidence();
        copy.restore(JSON.parse(JSON.stringify(loop.image())));
        expect(copy.value).toBe(loop.value);
        loop.reset(0);
        expect(
          callsToAlarm(
            loop,
            times(10, () => ({ call: 7, result: 1, like: 1 })),
          ),
        ).toBe(6);
      }),
    );
  });

  test("is capped: a loop of a million calls is forgotten after some that are new", () => {
    const loop = new LoopEvidence();
    for (let i = 0; i < 1_000_000; i++) loop.add(7, 1, 1, false, i);
    expect(loop.value).toBeLessThanOrEqual(1e12);
    for (let i = 0; i < 60; i++) loop.add(100 + i, 1, 1, false, 1_000_000);
    expect(loop.value).toBeLessThan(1);
  });
});
