import { decisionIdOf, typeOf } from "./entry.js";
import type { ExportEntry } from "./entry.js";

/** A decision whose outcome has not come yet. */
export interface OpenDecision {
  readonly id: string;
  readonly entry: ExportEntry;
  readonly isSelected: boolean;
}

/** More than are ever in flight at once; beyond, the oldest is given up. */
const MAX_OPEN = 65_536;

/** Remembers decisions until their outcome comes: an outcome has only a number, the names are in the decision. */
export class OpenDecisions {
  readonly #open = new Map<string, OpenDecision>();
  readonly #max: number;

  constructor(max = MAX_OPEN) {
    this.#max = max;
  }

  /** Takes an allowed decision in. Returns the one that had to be given up for it. */
  add(entry: ExportEntry, isSelected: boolean): OpenDecision | undefined {
    const id = decisionIdOf(entry.record);
    if (id === undefined || entry.record["verdict"] !== "allow") return undefined;
    this.#open.delete(id);
    this.#open.set(id, { id, entry, isSelected });
    if (this.#open.size <= this.#max) return undefined;
    const oldest = this.#open.values().next().value!;
    this.#open.delete(oldest.id);
    return oldest;
  }

  /** The decision that an outcome ends; it is forgotten. */
  end({ record }: ExportEntry): OpenDecision | undefined {
    if (!isOutcome(typeOf(record))) return undefined;
    const id = decisionIdOf(record);
    const open = id === undefined ? undefined : this.#open.get(id);
    if (open !== undefined) this.#open.delete(open.id);
    return open;
  }

  /** All that are left; they are forgotten. */
  *rest(): Generator<OpenDecision, void, void> {
    for (const open of this.#open.values()) {
      this.#open.delete(open.id);
      yield open;
    }
  }
}

export function isOutcome(type: string): boolean {
  return type === "settle" || type === "cancel";
}
