import type { Curve } from "../../section.js";
import { detectionOf, earlier } from "./tracks.js";
import type { Track } from "./tracks.js";

/** Detectors that alarm together: their places among the tracks of a run. */
interface Listener {
  readonly name: string;
  readonly columns: readonly number[];
}

/** Thresholds from 1 to 10^12, four in each power of ten. */
const THRESHOLDS = Array.from({ length: 49 }, (_, i) => 10 ** (i / 4));

/** Benign callers flagged against requests until the slowest scanner is detected, over the threshold. */
export function tradeOff(
  listeners: readonly Listener[],
  benign: readonly (readonly Track[])[],
  attacks: readonly (readonly Track[])[],
  threshold: number,
): readonly Curve[] {
  if (benign.length === 0 || attacks.length === 0) return [];
  const at = ({ columns }: Listener, c: number): readonly [number, number] | null => {
    const requests = (run: readonly Track[]): number =>
      columns.map((column) => detectionOf(run[column]!, c)).reduce(earlier)?.requests ?? Infinity;
    const slowest = Math.max(...attacks.map(requests));
    const flagged = benign.filter((run) => requests(run) < Infinity).length;
    return slowest === Infinity ? null : [slowest, (1000 * flagged) / benign.length];
  };
  return [
    {
      id: "web-trade-off",
      title: "Benign callers flagged and requests to detection, over the threshold",
      x: "requests until the slowest scanner is detected",
      y: "benign callers flagged, of 1,000",
      logX: true,
      series: listeners.flatMap((listener) => [
        {
          name: listener.name,
          points: THRESHOLDS.map((c) => at(listener, c)).filter((point) => point !== null),
        },
        {
          name: `${listener.name}, default`,
          points: [at(listener, threshold)].filter((point) => point !== null),
          kind: "points" as const,
        },
      ]),
    },
  ];
}
