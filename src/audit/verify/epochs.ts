import { epochKeyName } from "../log/keyring.js";
import { parseVkey } from "../note/index.js";
import type { NoteVerifier, SignedNote } from "../note/index.js";
import { shortText } from "./places.js";
import type { Findings } from "./findings.js";
import type { Place } from "./verdict.js";

/** A rotation whose seal is due. */
interface Due {
  /** The size of the checkpoint that is the seal. */
  readonly size: number;
  readonly epoch: number;
  /** Null: its announcement was removed with the records around it. */
  readonly verifier: NoteVerifier | null;
  readonly place: Place;
  /** Texts of the notes that sealed it; a note that was written twice counts once. */
  readonly seals: Set<string>;
}

/**
 * The keys of epochs and their seals: each epoch is announced before it begins and sealed when it ends, once, under its
 * own key, which is destroyed then. Whoever steals the log's key later cannot seal other records in their place.
 */
export class Epochs {
  /** The newest checkpoint, which stands in a file of its own. */
  newest: { readonly note: SignedNote; readonly size: number; readonly place: Place } | undefined;
  seals = 0;
  readonly #origin: string;
  readonly #findings: Findings;
  /** Leaves that are signed: what lies beyond need not be sealed yet. */
  readonly #signed: number;
  #epoch: number | undefined;
  #verifier: NoteVerifier | null = null;
  #due: Due | undefined;

  constructor(origin: string, signed: number, findings: Findings) {
    this.#origin = origin;
    this.#signed = signed;
    this.#findings = findings;
  }

  /** The first epoch. */
  begin(epochKey: unknown, place: Place): void {
    this.#epoch = 0;
    this.#verifier = this.#read(epochKey, 0, place);
  }

  /** A rotation at an index: its epoch ends with this leaf. */
  rotate(fields: Readonly<Record<string, unknown>>, index: number, place: Place): void {
    const { epoch, vkey } = fields;
    if (
      typeof epoch !== "number" ||
      !Number.isSafeInteger(epoch) ||
      epoch < 1 ||
      (this.#epoch !== undefined && epoch !== this.#epoch + 1)
    ) {
      const expected = this.#epoch === undefined ? "a number from 1 on" : String(this.#epoch + 1);
      this.#findings.add(
        "rotation_wrong",
        `record ${index} announces epoch ${shortText(epoch)}, and ${expected} is due`,
        place,
      );
      return;
    }
    this.#due = { size: index + 1, epoch: epoch - 1, verifier: this.#verifier, place, seals: new Set() };
    this.#epoch = epoch;
    this.#verifier = this.#read(vkey, epoch, place);
  }

  /** Records were removed here: which epoch follows them, only the next rotation tells. */
  skip(): void {
    this.#epoch = undefined;
    this.#verifier = null;
  }

  /** A note that the log's key has signed. */
  note({ text, signatures }: SignedNote, size: number, place: Place): void {
    const prefix = `${this.#origin}/e/`;
    for (const { name, keyId, signature } of signatures) {
      if (!name.startsWith(prefix)) continue;
      const due = this.#due;
      // In removed records nobody knows where epochs ended.
      if (this.#epoch === undefined && due === undefined) continue;
      if (due === undefined || due.size !== size || name !== epochKeyName(this.#origin, due.epoch)) {
        this.#findings.add(
          "seal_misplaced",
          `the checkpoint of ${size} records has a seal by \`${name.slice(0, 100)}\`, and no epoch of that name ends there`,
          place,
        );
      } else if (due.verifier === null) {
        due.seals.add(text);
      } else if (keyId !== due.verifier.keyId || !due.verifier.verify(Buffer.from(text), signature)) {
        this.#findings.add(
          "seal_wrong",
          `the seal of epoch ${due.epoch} at ${size} records is not by the key that was announced for it`,
          place,
        );
      } else {
        if (due.seals.size === 0) this.seals++;
        due.seals.add(text);
        if (due.seals.size === 2)
          this.#findings.add(
            "seal_wrong",
            `epoch ${due.epoch} is sealed twice, with different contents`,
            place,
          );
      }
    }
  }

  /** All notes up to a size were seen. */
  passed(size: number): void {
    const due = this.#due;
    if (due === undefined || size < due.size) return;
    // It is published before the history has it: a process may have died between the two.
    const { newest } = this;
    if (due.seals.size === 0 && newest?.size === due.size) this.note(newest.note, newest.size, newest.place);
    this.#due = undefined;
    if (due.seals.size > 0 || due.size > this.#signed) return;
    this.#findings.add(
      "seal_missing",
      `epoch ${due.epoch} ends with record ${due.size - 1}, and no checkpoint of ${due.size} records is sealed by its key`,
      due.place,
    );
  }

  #read(vkey: unknown, epoch: number, place: Place): NoteVerifier | null {
    try {
      const verifier = parseVkey(typeof vkey === "string" ? vkey : "");
      if (verifier.name === epochKeyName(this.#origin, epoch)) return verifier;
    } catch {
      // Said below.
    }
    this.#findings.add(
      "rotation_wrong",
      `the key of epoch ${epoch} cannot be read, or has another name`,
      place,
    );
    return null;
  }
}
