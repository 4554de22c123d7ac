/** How far a found change may be from an annotated one. */
const MARGIN = 5;

/** The changes that each annotator marked: the indices at which segments begin. */
export type Annotations = readonly (readonly number[])[];

/**
 * The F1 measure of TCPDBench (G. J. J. van den Burg and C. K. I. Williams, arXiv 2003.06222): precision against the
 * changes of all annotators together, recall the mean over the annotators; index 0 is a change that all found.
 */
export function f1Of(annotations: Annotations, found: readonly number[]): number {
  const predicted = withZero(found);
  const truths = annotations.map(withZero);
  const together = withZero(truths.flat());
  const precision = matches(together, predicted) / predicted.length;
  const recall = meanOf(truths.map((truth) => matches(truth, predicted) / truth.length));
  return (2 * precision * recall) / (precision + recall);
}

/** The covering metric of TCPDBench: how well the segments of each annotator are covered by found ones, in the mean. */
export function coverOf(annotations: Annotations, found: readonly number[], size: number): number {
  const segments = segmentsOf(found, size);
  return meanOf(
    annotations.map((truth) =>
      segmentsOf(truth, size)
        .map(
          (segment) =>
            (lengthOf(segment) / size) * Math.max(...segments.map((each) => jaccard(segment, each))),
        )
        .reduce((sum, part) => sum + part, 0),
    ),
  );
}

type Segment = readonly [from: number, to: number];

/** How many of the true changes have a found one of their own close by. */
function matches(truth: readonly number[], found: readonly number[]): number {
  const left = new Set(found);
  let count = 0;
  for (const change of truth) {
    const close = [...left].filter((each) => Math.abs(each - change) <= MARGIN);
    if (close.length === 0) continue;
    left.delete(
      close.reduce((best, each) => (Math.abs(each - change) < Math.abs(best - change) ? each : best)),
    );
    count++;
  }
  return count;
}

function withZero(changes: readonly number[]): readonly number[] {
  return [...new Set([0, ...changes])].sort((a, b) => a - b);
}

function segmentsOf(changes: readonly number[], size: number): readonly Segment[] {
  const starts = withZero(changes);
  return starts.map((start, i) => [start, starts[i + 1] ?? size]);
}

function lengthOf([from, to]: Segment): number {
  return to - from;
}

function jaccard(a: Segment, b: Segment): number {
  const shared = Math.max(0, Math.min(a[1], b[1]) - Math.max(a[0], b[0]));
  return shared / (lengthOf(a) + lengthOf(b) - shared);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
