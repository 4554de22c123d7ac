import { randomSource } from "../../random.js";
import type { Table } from "../../section.js";
import { HONEST } from "./streams.js";
import type { Kind } from "./watchers.js";

const RUNS = 50;

/** Of the runs of each kind of honest work, those that the watcher stops. */
export function stoppedRuns(kind: Kind): readonly number[] {
  return HONEST.map(({ make, msPerCall }, i) => {
    const runs = Array.from({ length: RUNS }, (_, run) => make(randomSource(i * RUNS + run)));
    return runs.filter((calls) => {
      const watcher = kind.make(msPerCall);
      return calls.some((call) => watcher.add(call) >= 1);
    }).length;
  });
}

export function honestTable(kinds: readonly Kind[], stopped: readonly (readonly number[])[]): Table {
  return {
    title: `Made-up honest work, ${RUNS} runs of each kind: runs that are stopped`,
    columns: ["", ...HONEST.map(({ name }) => name)],
    rows: kinds.map(({ name }, k) => [name, ...stopped[k]!]),
  };
}
