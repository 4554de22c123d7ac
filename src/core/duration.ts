import { InvalidInputError } from "./errors.js";

/** The longest duration that is accepted: ten years of 365 days, in milliseconds. */
export const MAX_DURATION_MS = 3650 * 86_400_000;

/** What a duration looks like; linear to match, and shown in the JSON Schema. */
export const DURATION_PATTERN = /^(?:[0-9]+(?:\.[0-9]+)?(?:ms|[smhdw]))+$/;

// Far longer than any duration that is within the upper bound and worth writing.
const MAX_TEXT_LENGTH = 100;

const UNITS: readonly (readonly [string, number])[] = [
  ["w", 604_800_000],
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
];

/**
 * Returns the milliseconds that a text such as `30s`, `1.5h` or `1h30m` means, or
 * null when it is not a duration: units are `ms s m h d w`, the larger first and
 * each at most once; the sum is a whole number of milliseconds from 1 up to
 * `MAX_DURATION_MS`.
 */
export function parseDuration(text: string): number | null {
  if (text.length > MAX_TEXT_LENGTH || !DURATION_PATTERN.test(text)) return null;
  let total = 0;
  let lastUnit = -1;
  for (const part of text.matchAll(/([0-9]+)(?:\.([0-9]+))?(ms|[smhdw])/g)) {
    const unit = UNITS.findIndex(([name]) => name === part[3]);
    if (unit <= lastUnit) return null;
    lastUnit = unit;
    const ms = exactMs(part[1] ?? "0", part[2] ?? "", UNITS[unit]?.[1] ?? 0);
    if (ms === null) return null;
    total += ms;
  }
  return total >= 1 && total <= MAX_DURATION_MS ? total : null;
}

/**
 * Returns the canonical text of a duration in milliseconds, one that `parseDuration`
 * reads back exactly: 90000 is `1m30s`, 604800000 is `1w`, 864000000 is `10d`.
 * A fraction of a millisecond is rounded up; 0 is `0s`.
 */
export function formatDuration(ms: number): string {
  if (!(ms >= 0 && ms <= Number.MAX_SAFE_INTEGER)) {
    throw new InvalidInputError(
      "ms",
      `a duration must be a finite number of milliseconds from 0, not \`${ms}\``,
    );
  }
  let rest = Math.ceil(ms);
  if (rest === 0) return "0s";
  let text = "";
  for (const [name, size] of UNITS) {
    // "30d" reads better than "4w2d": weeks are used only when they say it all.
    if (name === "w" && rest % size !== 0) continue;
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${name}`;
    rest -= count * size;
  }
  return text;
}

/** BigInt, because `1.1 * 1000` is not 1100 in floating point. */
function exactMs(whole: string, fraction: string, unitMs: number): number | null {
  const scale = 10n ** BigInt(fraction.length);
  const scaled = BigInt(whole + fraction) * BigInt(unitMs);
  if (scaled % scale !== 0n) return null;
  const ms = scaled / scale;
  return ms > BigInt(MAX_DURATION_MS) ? null : Number(ms);
}

const WORDS: Readonly<Record<string, string>> = {
  w: "week",
  d: "day",
  h: "hour",
  m: "minute",
  s: "second",
  ms: "millisecond",
};

/**
 * Returns a duration as people say it: `1m` is `minute`, `5m` is `5 minutes`, `1h30m` is `1 hour 30 minutes`, ready to
 * stand after "per" or "for". Text that is no duration comes back as it is.
 */
export function speakDuration(text: string): string {
  const ms = parseDuration(text);
  if (ms === null) return text;
  const parts = [...formatDuration(ms).matchAll(/([0-9]+)([a-z]+)/g)].map(([, count, unit]) => {
    const word = WORDS[unit ?? ""] ?? "";
    return count === "1" ? `1 ${word}` : `${count} ${word}s`;
  });
  return parts.length === 1 && parts[0]?.startsWith("1 ") === true ? parts[0].slice(2) : parts.join(" ");
}

/** Returns a wait for people: whole seconds, and at most the two largest units; rounded up, so it is always enough. */
export function speakWait(ms: number): string {
  const step = ms > 172_800_000 ? 3_600_000 : ms > 3_600_000 ? 60_000 : ms > 1_000 ? 1_000 : 1;
  return formatDuration(Math.ceil(ms / step) * step);
}
