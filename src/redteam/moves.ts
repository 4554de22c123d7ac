import type { Act, Move } from "./attack.js";

/** What a host says about the world. */
export type Report = Extract<Move, { readonly do: "signal" | "balance" | "realize" }>;

/** The acts of a move; none for a move that is no act. */
export function actsOf(move: Move): readonly Act[] {
  if (move.do === "together") return move.acts;
  return move.do === "act" ? [move] : [];
}

/** Virtual ms that a move takes where nothing is in its way. */
export function durationOf(move: Move): number {
  return move.do === "wait" ? move.ms : Math.max(0, ...actsOf(move).map(({ ms = 0 }) => ms));
}
