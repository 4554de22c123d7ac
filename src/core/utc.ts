/**
 * A wall time in ms since 1970 as `2026-11-23 14:02:10 UTC`; empty for what is no time. Pure arithmetic (H. Hinnant,
 * "chrono-compatible low-level date algorithms"), for where no clock and no calendar of the machine may be asked.
 */
export function utcText(at: number): string {
  if (!(Math.abs(at) <= 8.64e15)) return "";
  const seconds = Math.floor(at / 1000);
  const days = Math.floor(seconds / 86_400);
  const [year, month, day] = civil(days);
  const time = seconds - days * 86_400;
  const two = (n: number): string => String(n).padStart(2, "0");
  const clock = [Math.floor(time / 3600), Math.floor(time / 60) % 60, time % 60].map(two).join(":");
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)} ${clock} UTC`;
}

/** The Gregorian date of a number of days since 1970-01-01. */
function civil(days: number): readonly [year: number, month: number, day: number] {
  // Eras of 400 years that begin on 1 March, so that the leap day is the last of its year.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day];
}
