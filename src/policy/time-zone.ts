import { nearest } from "../core/nearest.js";

const MAX_ZONE_LENGTH = 64;

/**
 * Tells whether a text names a time zone of the IANA database that this machine knows.
 * Bare offsets (`+02:00`) are not: only some JavaScript engines take them, and they
 * have no summer time.
 */
export function isTimeZone(text: string): boolean {
  if (text.length > MAX_ZONE_LENGTH || !/^[A-Za-z]/.test(text)) return false;
  if (known.has(text)) return true;
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: text });
    known.add(text);
    return true;
  } catch {
    return false;
  }
}

/** Zones that were found before: asking takes 30 us. There are a few hundred names. */
const known = new Set<string>();

/** Returns what to write in place of an unknown time zone. */
export function timeZoneHelp(text: string): string {
  const known = Intl.supportedValuesOf("timeZone");
  const city = `/${text.trim().replace(/\s+/g, "_").toLowerCase()}`;
  const match = known.find((zone) => zone.toLowerCase().endsWith(city)) ?? nearest(text, known);
  const advice = "use a name from the IANA database such as `Europe/Berlin`, or `UTC`";
  return match === undefined ? advice : `did you mean \`${match}\`? ${advice}`;
}
