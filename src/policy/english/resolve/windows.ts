/** In what time something is counted. */

import type { Window } from "../facets.js";
import type { Span } from "../lexer.js";
import type { Reading } from "./reading.js";

/** The window of a share or of newcomers: it must roll. */
export function rollingWindow(reading: Reading): string {
  const window = windowOf(reading, reading.whole);
  if (typeof window !== "string" || window === "forever")
    reading.fail(
      reading.whole,
      "the window must be a length of time",
      "write for instance `within 10 minutes`",
    );
  return window;
}

export function windowOf(reading: Reading, near: Span): unknown {
  const windows = reading.all("window");
  const zone = reading.one("timeZone")?.timeZone;
  const [found] = windows;
  const zoned = (window: Window): unknown => {
    if (typeof window === "string") {
      if (zone !== undefined)
        reading.fail(
          reading.all("timeZone")[0],
          "a span that rolls has no time zone",
          "write `per calendar day` with the zone, or leave the zone out",
        );
      return window;
    }
    return window;
  };
  if (windows.some(({ window }) => JSON.stringify(window) !== JSON.stringify(found?.window)))
    reading.fail(windows[1] ?? near, "there are two windows", "write one rule for each window");
  if (found === undefined) {
    if (reading.has("total") || reading.all("per").some(({ isEpisode }) => isEpisode === true))
      return "forever";
    reading.fail(
      { start: near.end, end: near.end },
      "the window is missing: in what time?",
      "add for instance `per hour`, `per day` or `in total`",
      [" per hour", " per day", " in total"],
    );
  }
  const window = zoned(found.window);
  if (typeof window === "object" && window !== null && "unclear" in window) {
    const unit = (window as { readonly unclear: string }).unclear;
    const rolling = unit === "month" ? "30 days" : "365 days";
    reading.fail(
      found,
      `a ${unit} could be any ${rolling}, or one of the calendar`,
      `write \`in any ${rolling}\` or \`per calendar ${unit}\``,
      [`in any ${rolling}`, `per calendar ${unit}`],
    );
  }
  if (typeof window === "object" && window !== null) return { ...window, timeZone: zone ?? "UTC" };
  return window;
}
