import { logPromisesKept, promisesKept } from "./checks.js";
import type { Check } from "./checks.js";
import { printLog, printPolicy, printReceipt, printSummary, printTitle, tell } from "./report.js";
import type { Attempts, DeadFeed, HonestWork, RetryLoop, SlowTools, WrongList } from "./scenarios.js";
import type { Setup } from "./setup.js";
import { DEAD_FEED, HONEST, RETRY_LOOP, SLOW_TOOLS, WRONG_LIST } from "./stories.js";
import type { Screen } from "./terminal.js";
import { checkLog } from "./the-log.js";
import type { LogCheck } from "./the-log.js";
import { setUpWithRein } from "./with-rein.js";
import { setUpWithoutRein } from "./without-rein.js";

/** The same story in both worlds. */
export interface Pair<Counts> {
  readonly withoutRein: Attempts & Counts;
  readonly withRein: Attempts & Counts;
}

/** All that was counted. */
export interface Counted {
  readonly honestWork: Pair<HonestWork>;
  readonly retryLoop: Pair<RetryLoop>;
  readonly wrongList: Pair<WrongList>;
  readonly deadFeed: Pair<DeadFeed>;
  readonly slowTools: Pair<SlowTools>;
}

export interface DemoResult extends Counted {
  readonly log: LogCheck;
  readonly checks: readonly Check[];
  readonly seconds: number;
}

/** Runs the same agent in two worlds, through an honest day and four bad ones. */
export async function runDemo(screen: Screen): Promise<DemoResult> {
  const started = performance.now();
  const setups: Setup[] = [];
  try {
    const withoutRein = await setUpWithoutRein();
    setups.push(withoutRein);
    const withRein = await setUpWithRein(screen.logger());
    setups.push(withRein);
    const both = { withoutRein, withRein };

    printTitle(screen);
    printPolicy(screen);
    const honestWork = await tell(screen, HONEST, both);
    const retryLoop = await tell(screen, RETRY_LOOP, both);
    const wrongList = await tell(screen, WRONG_LIST, both);
    const deadFeed = await tell(screen, DEAD_FEED, both);
    const slowTools = await tell(screen, SLOW_TOOLS, both);
    const counted: Counted = { honestWork, retryLoop, wrongList, deadFeed, slowTools };

    printReceipt(screen, slowTools.withRein);
    // Both worlds are over: what is left of them is what the log says.
    await closeAll(setups);
    const log = checkLog(withRein.dir);
    printLog(screen, log);
    const result = {
      ...counted,
      log,
      checks: [...promisesKept(counted), ...logPromisesKept(log)],
      seconds: (performance.now() - started) / 1000,
    };
    printSummary(screen, result);
    return result;
  } finally {
    await closeAll(setups);
  }
}

async function closeAll(setups: Setup[]): Promise<void> {
  await Promise.all(setups.splice(0).map((setup) => setup.close()));
}
