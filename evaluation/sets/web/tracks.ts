import type { Request } from "./requests.js";
import type { Watcher } from "./watchers.js";

/**
 * How high one watcher's number rose over a run of requests: each time it was higher than ever before, the request's
 * number from 1 on, the milliseconds since the first request, and the height.
 */
export type Track = readonly { readonly request: number; readonly ms: number; readonly height: number }[];

/** Where a run was detected. */
export interface Detection {
  readonly requests: number;
  readonly seconds: number;
}

export function trackOf(requests: readonly Request[], watch: Watcher): Track {
  const track: { request: number; ms: number; height: number }[] = [];
  let highest = 0;
  requests.forEach((request, i) => {
    const height = watch(request);
    if (!(height > highest)) return;
    highest = height;
    track.push({ request: i + 1, ms: request.mono - requests[0]!.mono, height });
  });
  return track;
}

/** Where a number first reached the threshold; null: nowhere. */
export function detectionOf(track: Track, threshold: number): Detection | null {
  const step = track.find(({ height }) => height >= threshold);
  return step === undefined ? null : { requests: step.request, seconds: step.ms / 1000 };
}

/** The earlier of both. */
export function earlier(a: Detection | null, b: Detection | null): Detection | null {
  if (a === null || b === null) return a ?? b;
  return a.requests <= b.requests ? a : b;
}

/** The requests of each caller, in the order of the log. */
export function byCaller(requests: readonly Request[]): readonly (readonly Request[])[] {
  const callers = new Map<string, Request[]>();
  for (const request of requests) {
    const own = callers.get(request.caller);
    if (own === undefined) callers.set(request.caller, [request]);
    else own.push(request);
  }
  return [...callers.values()];
}
