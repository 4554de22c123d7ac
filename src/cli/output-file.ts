import { createHash, randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { InvalidInputError } from "../core/errors.js";
import { atEnd } from "./at-end.js";
import { harmless } from "./io.js";
import { isTwice, outputPlaces, unwritable } from "./output-place.js";
import type { Input, OutputPlace } from "./output-place.js";

interface OutputOptions {
  /** Of a new file; what umask leaves of 666 when absent. */
  readonly mode?: number;
}

interface OpenFile {
  readonly fd: number;
  readonly path: string;
  readonly callOff: () => void;
}

/** In the names of files that are not whole yet. */
const RUN = randomBytes(6).toString("hex");

/**
 * Files that a command is told to write, by the options that name them; those that are undefined are not wanted.
 * Whether they can be written is tried, and nothing is changed yet.
 *
 * @param inputs what the command reads, which is never written over
 * @throws InvalidInputError
 */
export function outputFiles<Name extends string>(
  wanted: Readonly<Record<Name, string | undefined>>,
  inputs: readonly Input[],
  options: OutputOptions = {},
): ReadonlyMap<Name, OutputFile> {
  const given = Object.entries<string | undefined>(wanted).filter(([, path]) => path !== undefined);
  const places = outputPlaces(Object.fromEntries(given) as Record<string, string>, inputs);
  mustTakeFiles(places);
  return new Map(places.map((place) => [place.option as Name, new OutputFile(place, options)]));
}

/** A file that must not be there yet. @throws InvalidInputError */
export function newOutputFile(option: string, given: string, options: OutputOptions): OutputFile {
  const place = outputPlaces({ [option]: given }, [])[0]!;
  // A link that leads nowhere is something, too.
  if (fs.lstatSync(given, { throwIfNoEntry: false }) !== undefined) throw isThere(option, given);
  mustTakeFiles([place]);
  return new OutputFile(place, { ...options, isNew: true });
}

/** A file that is there as a whole, or not at all: until it is finished, it stands beside its place. */
export class OutputFile {
  readonly #place: OutputPlace;
  readonly #options: OutputOptions & { readonly isNew?: true };
  #open: OpenFile | undefined;

  constructor(place: OutputPlace, options: OutputOptions & { readonly isNew?: true }) {
    this.#place = place;
    this.#options = options;
  }

  /** @throws InvalidInputError; it is gone then */
  write(text: string): void {
    const bytes = Buffer.from(text);
    this.#try(() => {
      const { fd } = this.#opened();
      for (let there = 0; there < bytes.length;) there += fs.writeSync(fd, bytes, there);
    });
  }

  /** Puts it in its place. @throws InvalidInputError; it is gone then */
  finish(): void {
    this.#try(() => {
      const { fd, path, callOff } = this.#opened();
      fs.closeSync(fd);
      if (path !== this.#place.path) moveTo(path, this.#place.path);
      callOff();
      this.#open = undefined;
    });
  }

  discard(): void {
    if (this.#open === undefined) return;
    const { fd, path, callOff } = this.#open;
    this.#open = undefined;
    callOff();
    try {
      fs.closeSync(fd);
    } catch {
      // It was closed before the rest failed.
    }
    this.#removeRest(path);
  }

  #opened(): OpenFile {
    if (this.#open !== undefined) return this.#open;
    const { path: final, there } = this.#place;
    const { mode = 0o666, isNew } = this.#options;
    const isReplaced = isNew !== true && canBeReplaced(this.#place);
    const path = isReplaced ? besides(final) : final;
    const fd = fs.openSync(path, isReplaced || isNew === true ? "wx" : "w", mode);
    const callOff = atEnd(() => {
      this.#removeRest(path);
    });
    this.#open = { fd, path, callOff };
    if (isReplaced && there !== undefined) fs.fchmodSync(fd, there.mode & 0o7777);
    return this.#open;
  }

  /** What is written in its own place is no longer what was there, and no file that could be removed. */
  #removeRest(path: string): void {
    if (path !== this.#place.path || this.#options.isNew === true) fs.rmSync(path, { force: true });
  }

  #try(step: () => void): void {
    try {
      step();
    } catch (cause) {
      this.discard();
      const { option, given } = this.#place;
      const isTaken = this.#options.isNew === true && (cause as NodeJS.ErrnoException).code === "EEXIST";
      throw isTaken ? isThere(option, given) : unwritable(option, given, cause);
    }
  }
}

/** Makes each file beside its place, and takes it away: there is no better proof that it can be made. */
function mustTakeFiles(places: readonly OutputPlace[]): void {
  const made = new Map<string, OutputPlace>();
  try {
    for (const place of places) {
      if (place.there !== undefined && !canBeReplaced(place)) continue;
      const path = besides(place.path);
      try {
        fs.closeSync(fs.openSync(path, "wx", 0o600));
        made.set(path, place);
      } catch (cause) {
        // Two names that differ, for a file system to which they do not.
        if ((cause as NodeJS.ErrnoException).code === "EEXIST")
          throw isTwice([...made.values()].at(-1)!.option, place);
        throw unwritable(place.option, place.given, cause);
      }
    }
  } finally {
    for (const path of made.keys()) fs.rmSync(path, { force: true });
  }
}

/** The same for names that are the same to the file system. */
function besides(path: string): string {
  const name = basename(path);
  const short = name.length <= 60 ? name : createHash("sha256").update(name).digest("hex").slice(0, 32);
  return join(dirname(path), `.${short}.${RUN}.tmp`);
}

/** Whether another file may take its place; what is no file, or somebody else's, is written where it is. */
function canBeReplaced({ path, there }: OutputPlace): boolean {
  if (there === undefined) return true;
  if (!there.isFile() || there.uid !== (process.geteuid?.() ?? there.uid)) return false;
  try {
    fs.accessSync(dirname(path), fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function moveTo(from: string, to: string): void {
  try {
    fs.renameSync(from, to);
  } catch {
    // A file that is mounted by itself cannot be replaced.
    fs.copyFileSync(from, to);
    fs.rmSync(from, { force: true });
  }
}

function isThere(option: string, given: string): InvalidInputError {
  return new InvalidInputError(option, `\`${harmless(given, 200)}\` is there already`, {
    help: "give another name, or remove it first",
  });
}
