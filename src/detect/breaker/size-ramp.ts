/**
 * Returns the share of the full size that a drawdown leaves: all up to `soft`, none from `hard` on, a straight line
 * between the two. A drawdown that is not a number leaves nothing.
 *
 * The rule keeps a portfolio above its floor at all times (Grossman and Zhou, Mathematical Finance 3 (1993) 241–276).
 */
export function sizeRamp(drawdown: number, soft: number, hard: number): number {
  if (drawdown <= soft && drawdown < hard) return 1;
  // Written so that NaN ends here, too.
  if (!(drawdown < hard)) return 0;
  return (hard - drawdown) / (hard - soft);
}
