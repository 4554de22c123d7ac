/** Names under which a tool could be called, its own one first; never empty. */
export function renamings(series: string): readonly string[] {
  return [...new Set([...stylesOf(series), shorter(series), lookAlike(series)])];
}

/** The same words in other styles, its own one first. */
export function stylesOf(series: string): readonly string[] {
  return [series, camelCase(series), `${series}_v2`, capitals(series), series.replaceAll("_", "-")];
}

/** `send_email` as `sendEmail`. */
export function camelCase(series: string): string {
  return series.replaceAll(/_+([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** The same to the eye: letters of another script. */
export function lookAlike(series: string): string {
  return series.replaceAll(/[aeopcx]/g, (letter) => LOOK_ALIKES[letter]!);
}

/** Cyrillic letters. */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  a: "\u0430",
  e: "\u0435",
  o: "\u043e",
  p: "\u0440",
  c: "\u0441",
  x: "\u0445",
};

/** `send_email` as `Send_Email`. */
function capitals(series: string): string {
  return series.replaceAll(/(?<![A-Za-z])[a-z]/g, (letter) => letter.toUpperCase());
}

/** `send_email` as `send_mail`, and what has no other word for itself as `do_…`. */
function shorter(series: string): string {
  let other = series;
  for (const [word, same] of SAME) other = other.replace(word, same);
  return other === series ? `do_${series}` : other;
}

const SAME = [
  ["email", "mail"],
  ["delete", "remove"],
  ["transfer", "move_money"],
  ["execute", "run"],
] as const;
