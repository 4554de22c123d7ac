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

/** Nearly the same to the eye, in plain letters: `de1ete_fi1e`; a gate takes no letters of other alphabets among them. */
export function lookAlike(series: string): string {
  const other = series.replaceAll(/[lo]/g, (letter) => (letter === "l" ? "1" : "0"));
  if (other !== series) return other;
  return series.replace(/([A-Za-z])(?=[^A-Za-z]*$)/, "$1$1");
}

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
