import { DenialStorm, Known, Newcomers, Runaway } from "../../../src/detect/anomaly/index.js";
import type { Request } from "./requests.js";

/** What watches one caller: after each request, a number that is compared with a threshold. */
export type Watcher = (request: Request) => number;

/** Rules are either met or not. */
const MET = Infinity;

/** The detectors of one caller, as the engine keeps them. */
export const DETECTORS: readonly { readonly name: string; readonly make: () => Watcher }[] = [
  { name: "denials", make: denials },
  { name: "newcomers", make: newcomers },
  { name: "runaway", make: runaway },
];

/** What is done elsewhere, and nothing at all. */
export const RULES: readonly { readonly name: string; readonly make: () => Watcher }[] = [
  { name: "5 errors in a row", make: () => errorsInARow(5) },
  { name: "70 % of 10 or more in 60 s", make: () => shareInWindow(0.7, 10, 60_000) },
  { name: "null detector", make: () => () => 0 },
];

function denials(): Watcher {
  const storm = new DenialStorm();
  return ({ denied, mono }) => storm.add(denied, mono);
}

function newcomers(): Watcher {
  const known = new Known(10_000);
  const evidence = new Newcomers();
  return ({ path, denied, mono }) => evidence.add(known.add(path), denied, mono);
}

function runaway(): Watcher {
  const evidence = new Runaway(5);
  return ({ mono }) => evidence.add(mono);
}

function errorsInARow(limit: number): Watcher {
  let errors = 0;
  return ({ denied }) => {
    errors = denied ? errors + 1 : 0;
    return errors >= limit ? MET : 0;
  };
}

function shareInWindow(share: number, fewest: number, windowMs: number): Watcher {
  const window: Request[] = [];
  let denied = 0;
  return (request) => {
    window.push(request);
    if (request.denied) denied += 1;
    while (window[0]!.mono <= request.mono - windowMs) if (window.shift()!.denied) denied -= 1;
    return window.length >= fewest && denied >= share * window.length ? MET : 0;
  };
}
