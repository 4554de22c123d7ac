import Table from "cli-table3";
import type { Agreement } from "./agreement.js";
import type { Score } from "./scoreboard.js";

export interface Board {
  readonly seed: number;
  readonly sessions: number;
  readonly domains: readonly string[];
  /** null: Rein was not among them. */
  readonly agrees: Agreement | null;
  /** Ids of those that are not installed. */
  readonly skipped: readonly string[];
  readonly scores: readonly Score[];
  readonly seconds: number;
}

/** The scoreboard, what was missed where, and what stood in the way of honest work. */
export function scoreboardText(board: Board): string {
  const { seed, sessions, domains, agrees, skipped, scores, seconds } = board;
  const lines = [
    tableOf(scores),
    ...skipped.map((id) => `SKIPPED  ${id}: it is not installed, and not in the table`),
    `Seed ${seed}, ${sessions} honest sessions in each of: ${domains.join(", ")}. ${seconds.toFixed(0)} s.`,
    agreementText(agrees),
    ...scores.map(missedText).filter((text) => text !== ""),
  ];
  return lines.filter((line) => line !== "").join("\n\n");
}

function tableOf(scores: readonly Score[]): string {
  const head = ["", "contained", "honest sessions not stopped", "honest work done", "score", "grade"];
  const table = new Table({ head: [...head, "missed, by domain"], style: { head: [], border: [] } });
  for (const score of scores) {
    const { name, contained, attacks, unstopped, sessions, grade, missedByDomain } = score;
    table.push([
      name,
      `${contained} of ${attacks}`,
      `${unstopped} of ${sessions}`,
      percent(grade.honestShare),
      grade.score === null ? "" : grade.score.toFixed(2),
      grade.letter ?? "",
      countsText(missedByDomain),
    ]);
  }
  return table.toString();
}

function agreementText(agrees: Agreement | null): string {
  if (agrees === null) return "";
  const { compared, differences } = agrees;
  if (differences.length === 0)
    return `Rein: the same in all ${compared} attacks and sessions as \`rein redteam\` with this seed.`;
  return [`Rein: NOT the same as \`rein redteam\`:`, ...differences.map((line) => `  ${line}`)].join("\n");
}

function missedText({ name, trials, works }: Score): string {
  const missed = trials
    .filter(({ contained }) => !contained)
    .map(({ attack, domain }) => `${attack} (${domain})`);
  if (missed.length === 0 || missed.length === trials.length) return "";
  const reasons = new Map<string, number>();
  for (const work of works) {
    for (const reason of Object.keys(work.reasons)) {
      const key = `${work.work}: ${reason}`;
      reasons.set(key, (reasons.get(key) ?? 0) + 1);
    }
  }
  const stops = [...reasons].map(([reason, count]) => `${reason}${count > 1 ? ` × ${count}` : ""}`);
  const stopped = stops.length > 0 ? `\n  stopped honest work: ${stops.join("; ")}` : "";
  return `${name} missed: ${missed.join(", ")}${stopped}`;
}

function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
}

function percent(share: number | null): string {
  return share === null ? "" : `${(100 * share).toFixed(1)} %`;
}
