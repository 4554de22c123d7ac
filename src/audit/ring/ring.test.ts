import fc from "fast-check";
import { expect, test } from "vitest";
import { LineList } from "./line-sink.js";
import { Drawer, newRing, Ring } from "./ring.js";
import { RingReader } from "./ring-reader.js";
import { RingRecorder } from "./ring-recorder.js";

/** Both sides of a ring whose counters stand at `at`. */
function ringAt(at: number, shared: boolean) {
  const buffers = newRing(256, shared);
  const ring = new Ring(buffers);
  ring.publish(at | 0);
  ring.release(at | 0);
  const drawer = new Drawer();
  const recorder = new RingRecorder({
    ring,
    outOfBand: drawer,
    measures: ["calls"],
    bell: new Int32Array(1),
    notice: () => undefined,
    manySlots: 64,
    makeRoom: () => undefined,
  });
  // The other thread's view of the same memory.
  return { recorder, reader: new RingReader(new Ring(buffers), drawer), ring };
}

const lane = { source: "agent", series: "tool" };
const tags = fc.option(fc.array(fc.string({ maxLength: 200 }), { maxLength: 5 }), { nil: undefined });

test("counters may pass the ends of their 32 bits, and records the end of the ring", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(0, 2 ** 31 - 300, 2 ** 32 - 300),
      fc.boolean(),
      fc.array(fc.array(tags, { maxLength: 40 }), { minLength: 20, maxLength: 60 }),
      (start, shared, bursts) => {
        const { recorder, reader, ring } = ringAt(start, shared);
        const list = new LineList();
        const expected: unknown[] = [];
        let seq = 0;
        for (const burst of bursts) {
          for (const given of burst) {
            if (!recorder.hasRoom(1)) break;
            seq += 1;
            recorder.decision(seq, 1, 1, lane, "allow", [1], given === undefined ? null : { tags: given });
            expected.push([seq, given]);
          }
          expect(reader.drain(list, Infinity)).toBe(true);
          expect(ring.tail).toBe(ring.head);
        }
        const found = list.lines.map((line) => JSON.parse(line) as { seq: number; tags?: string[] });
        expect(found.map((record) => [record.seq, record.tags])).toEqual(expected);
      },
    ),
  );
});
