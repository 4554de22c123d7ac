import { speakWait } from "../../core/duration.js";

const AMOUNT = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });
const SMALL_AMOUNT = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 2 });

/** "1,234.5"; what is not zero is never shown as zero. */
export function amountText(amount: number): string {
  return (amount !== 0 && Math.abs(amount) < 0.01 ? SMALL_AMOUNT : AMOUNT).format(amount);
}

/** "96.3 %", rounded down, so that a bar that was missed is never shown as reached; "–" for null. */
export function shareText(share: number | null): string {
  if (share === null) return "–";
  if (share > 0 && share < 0.001) return "< 0.1 %";
  // What arithmetic loses would take a tenth from 0.95.
  return `${AMOUNT.format(Math.floor(share * 1000 + 1e-6) / 10)} %`;
}

/** "3 attacks", "1 attack". */
export function counted(n: number, noun: string): string {
  return `${AMOUNT.format(n)} ${noun}${n === 1 ? "" : "s"}`;
}

/** "2m3s", for virtual time. */
export function timeText(ms: number): string {
  return speakWait(ms);
}

// Control characters, marks that turn the direction of writing, halves of characters, and what XML forbids.
const HARMFUL = /[\p{Cc}\p{Cs}\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff]/gu;

/**
 * Text of others as one harmless line: it cannot move the cursor, hide what was printed, or end a document.
 */
export function harmless(text: string): string {
  return text.replace(/\s+/g, " ").replace(HARMFUL, "\ufffd");
}

/** At most so many characters, with a mark where something is missing. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  // Half a character is none.
  return `${text.slice(0, Math.max(0, max - 1)).replace(/\p{Cs}$/u, "")}…`;
}
