import { pictureOf } from "./svg.js";
import type { Finding } from "./report.js";
import type { EvaluationSet, Section } from "./section.js";

/**
 * Evaluates the sets one after the other; one that throws does not stop the others.
 *
 * @param tell called while a set runs, with the share of all that is done
 */
export function evaluateAll(
  sets: readonly EvaluationSet[],
  folder: string,
  tell: (share: number, set: EvaluationSet) => void,
): Finding[] {
  const taken = new Set<string>();
  return sets.map((set, i) =>
    findingOf(set, taken, () => {
      const share = (done: number, total: number): number =>
        (i + (total > 0 ? Math.min(1, done / total) : 0)) / sets.length;
      tell(share(0, 1), set);
      return set.evaluate(folder, (done, total) => tell(share(done, total), set));
    }),
  );
}

function findingOf(
  { id, title }: EvaluationSet,
  taken: Set<string>,
  evaluate: () => Section | null,
): Finding {
  const from = performance.now();
  const seconds = (): number => (performance.now() - from) / 1000;
  try {
    const section = evaluate();
    if (section === null) return { id, title, is: "absent" };
    takeNames(section, taken);
    return { id, title, is: "evaluated", seconds: seconds(), section };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { id, title, is: "failed", seconds: seconds(), error: message };
  }
}

/** Each curve becomes a file, which no other may overwrite. */
function takeNames({ curves }: Section, taken: Set<string>): void {
  for (const picture of curves.map(pictureOf)) {
    if (taken.has(picture)) throw new Error(`a second curve is called \`${picture}\``);
    taken.add(picture);
  }
}
