import { runRedTeam } from "rein/redteam";
import { packFor } from "./packs.js";
import type { Score, ScoreOptions } from "./scoreboard.js";

/** Whether this driver and `rein redteam` say the same about Rein. */
export interface Agreement {
  /** Attacks and sessions that were compared. */
  readonly compared: number;
  readonly differences: readonly string[];
}

/** Lets the red team judge each pack once more, in its own way, and compares. */
export async function agreement(score: Score, options: ScoreOptions): Promise<Agreement> {
  const { seed, sessions, attacks, say } = options;
  const differences: string[] = [];
  for (const domain of options.domains) {
    say(`rein redteam in ${domain}`);
    const report = await runRedTeam(packFor(domain), { domains: [domain], seed, sessions });
    for (const { id, trials } of report.attacks) {
      if (attacks !== undefined && !attacks.includes(id)) continue;
      const theirs = trials[0]!;
      const ours = score.trials.find((trial) => trial.attack === id && trial.domain === domain);
      const isContained = theirs.verdict === "contained";
      // Here an attack is over once it is missed, so that only there its whole damage is known.
      const isSame =
        ours?.contained === isContained &&
        (!isContained || (ours.damage === theirs.damage && ours.done === theirs.actsDone));
      if (!isSame) differences.push(`${id} in ${domain}: ${ours?.damage} here, ${theirs.damage} there`);
    }
    const works = score.works.filter((work) => work.domain === domain);
    const here = [works.filter(({ stopped }) => stopped).length, sum(works, "done"), sum(works, "approvals")];
    const { stopped, done, approvals } = report.honest;
    if (JSON.stringify(here) !== JSON.stringify([stopped, done, approvals]))
      differences.push(
        `honest work in ${domain}: ${here.join()} here, ${stopped},${done},${approvals} there`,
      );
  }
  return { compared: score.trials.length + score.works.length, differences };
}

function sum(works: Score["works"], field: "done" | "approvals"): number {
  return works.reduce((total, work) => total + work[field], 0);
}
