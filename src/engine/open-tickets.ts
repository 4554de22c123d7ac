import type { Ticket } from "./ticket.js";

/** Tickets that hold something, by slot; slots are used again, so the table grows to the most ever open at once. */
export class OpenTickets {
  readonly #slots: (Ticket | null)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#slots.length - this.#free.length;
  }

  add(ticket: Ticket): void {
    const slot = this.#free.pop() ?? this.#slots.length;
    ticket.slot = slot;
    this.#slots[slot] = ticket;
  }

  remove(ticket: Ticket): void {
    this.#slots[ticket.slot] = null;
    this.#free.push(ticket.slot);
  }

  /** The open ticket of a decision; `slot` is where it was put. */
  at(slot: number, seq: number): Ticket | undefined {
    const ticket = this.#slots[slot];
    return ticket?.seq === seq ? ticket : undefined;
  }

  /** The open ticket of a decision whose slot is not known. */
  find(seq: number): Ticket | undefined {
    return this.#slots.find((ticket) => ticket?.seq === seq) ?? undefined;
  }

  /** Slots that are free, in the order in which they will be used. */
  get free(): readonly number[] {
    return this.#free;
  }

  /** Puts tickets back where they were. */
  restore(tickets: readonly Ticket[], free: readonly number[]): void {
    for (const ticket of tickets) this.#slots[ticket.slot] = ticket;
    for (const slot of free) this.#slots[slot] = null;
    this.#free.push(...free);
  }

  *all(): IterableIterator<Ticket> {
    for (const ticket of this.#slots) if (ticket !== null) yield ticket;
  }
}
