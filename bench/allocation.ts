import { setFlagsFromString } from "node:v8";
import type { Bench, Result, RunOptions } from "./bench.js";
import { allocationSites, bytesPerCall, collectionsDuring } from "./heap.js";
import { gateAndSettle, inTurn, openRein, THOUSAND_LANES, TWENTY_RULES } from "./workload.js";

/** What an allowed gate with its settle leaves to the collector. */
export const ALLOCATION: readonly Bench[] = [
  {
    name: "allocation/optimized",
    about: "bytes per allowed gate + settle, 20 rules, as the optimizing compiler leaves them",
    run: allocation,
  },
  {
    name: "allocation/by-function",
    about: "the same without inlining, so that each byte is shown at the function that asks for it",
    run: (options) => {
      setFlagsFromString("--no-turbo-inlining");
      return allocation(options);
    },
  },
];

async function allocation({ quick }: RunOptions): Promise<Result> {
  const call = gateAndSettle(await openRein(TWENTY_RULES), inTurn(THOUSAND_LANES));
  // Long enough for every window to have grown to its full size.
  for (let i = 0; i < 1_000_000; i++) call();
  const bytes = bytesPerCall(call);
  const calls = quick ? 200_000 : 1_000_000;
  const { count, ms } = await collectionsDuring(call, calls);
  const sites = allocationSites(call, quick ? 50_000 : 200_000);
  return {
    metrics: [
      { name: "bytes per pair", unit: "bytes", value: bytes },
      { name: "collections per 10^6", unit: "count", value: (count * 1e6) / calls },
      { name: "collecting per 10^6", unit: "ms", value: (ms * 1e6) / calls },
    ],
    notes: sites.map(({ where, bytes: perCall }) => `${perCall.toFixed(1).padStart(7)} bytes  ${where}`),
  };
}
