import * as fs from "node:fs";
import type { Stats } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { InvalidInputError, messageOf } from "../core/errors.js";
import { harmless } from "./io.js";

/** Something that a command reads, a file or a directory with all that is in it. */
export interface Input {
  /** "the policy", for messages. */
  readonly what: string;
  readonly path: string;
}

/** Where an output goes. */
export interface OutputPlace {
  /** The option that names it, without its dashes. */
  readonly option: string;
  /** As it was given. */
  readonly given: string;
  /** Where the links lead. */
  readonly path: string;
  /** What is there; undefined: nothing. */
  readonly there: Stats | undefined;
}

const STANDARD_OUTPUT = 1;

/**
 * Where outputs go, when none of them is something that the command reads, and no two are one: whatever they are
 * called, and also where there is nothing yet.
 *
 * @throws InvalidInputError
 */
export function outputPlaces(
  wanted: Readonly<Record<string, string>>,
  inputs: readonly Input[],
): readonly OutputPlace[] {
  const places = Object.entries(wanted).map(([option, given]) => placeOf(option, given));
  // Terminals, pipes and /dev/null hold nothing that could be lost.
  const files = places.filter(({ there }) => there === undefined || there.isFile());
  for (const place of files) {
    for (const input of inputs) mustNotBe(place, input);
    const twin = files.slice(0, files.indexOf(place)).find((other) => keyOf(other) === keyOf(place));
    if (twin !== undefined) throw isTwice(twin.option, place);
    mustNotBePrinted(place);
  }
  return places;
}

/** Two options name one file. */
export function isTwice(other: string, { option, given }: OutputPlace): InvalidInputError {
  return new InvalidInputError(
    option,
    `--${other} and --${option} name the same file, \`${harmless(given, 200)}\``,
    { help: "give each a file of its own" },
  );
}

/** An output cannot be written. */
export function unwritable(option: string, given: string, cause: unknown): InvalidInputError {
  const known = new Map([
    ["ENOENT", "its folder does not exist"],
    ["ENOTDIR", "it lies in something that is no folder"],
    ["EISDIR", "it is a folder"],
    ["EACCES", "this user may not write there"],
    ["EROFS", "it is on a file system that may only be read"],
    ["ENOSPC", "the disk is full"],
  ]);
  const why = known.get((cause as NodeJS.ErrnoException).code ?? "") ?? messageOf(cause);
  return new InvalidInputError(option, `\`${harmless(given, 200)}\` cannot be written: ${why}`, {
    help: "name a file in a folder that exists and that this user may write to, on a disk that has room",
    cause,
  });
}

function placeOf(option: string, given: string): OutputPlace {
  try {
    const there = fs.statSync(given, { throwIfNoEntry: false });
    if (there?.isDirectory() === true || (there === undefined && /[\\/]$/.test(given)))
      throw Object.assign(new Error("it is a folder"), { code: "EISDIR" });
    if (there === undefined) return { option, given, path: newPath(given), there };
    fs.accessSync(given, fs.constants.W_OK);
    return { option, given, path: there.isFile() ? fs.realpathSync.native(given) : given, there };
  } catch (cause) {
    throw unwritable(option, given, cause);
  }
}

/** Where a file will be that is not there yet: a link that leads nowhere is written through. */
function newPath(given: string): string {
  if (fs.lstatSync(given, { throwIfNoEntry: false })?.isSymbolicLink() !== true)
    return join(fs.realpathSync.native(dirname(given)), basename(given));
  const target = fs.readlinkSync(given);
  return newPath(isAbsolute(target) ? target : `${dirname(given)}/${target}`);
}

/** One file has one, by whatever name and way it is reached. */
function keyOf({ path, there }: OutputPlace): string {
  return there === undefined ? `${inodeOf(fs.statSync(dirname(path)))} ${basename(path)}` : inodeOf(there);
}

function inodeOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}

function mustNotBe({ option, given, path, there }: OutputPlace, { what, path: read }: Input): void {
  const stats = look(read);
  if (stats === undefined) return;
  if (!stats.isDirectory()) {
    if (there === undefined || inodeOf(there) !== inodeOf(stats)) return;
    throw new InvalidInputError(option, `--${option} would overwrite ${what}, \`${harmless(read, 200)}\``, {
      help: "name another file: what is read is never written over",
    });
  }
  // A second name of a file in there is found by looking at each of them.
  const inside = new Set(inodesIn(read, (there?.nlink ?? 1) > 1));
  if (
    ![...(there === undefined ? [] : [there]), ...foldersOf(path)].some((each) => inside.has(inodeOf(each)))
  )
    return;
  throw new InvalidInputError(
    option,
    `\`${harmless(given, 200)}\` is in ${what}, \`${harmless(read, 200)}\``,
    { help: `name a file for --${option} outside of it: nothing is written into what is read` },
  );
}

/** The folder that a file is in, and those above it. */
function foldersOf(path: string): readonly Stats[] {
  const above = dirname(path);
  return [fs.statSync(above), ...(above === path ? [] : foldersOf(above))];
}

/** What a directory is and has in it; files that have one name only are left out unless they are asked for. */
function* inodesIn(dir: string, withFiles: boolean, seen = new Set<string>()): Iterable<string> {
  const stats = look(dir);
  if (stats === undefined || seen.has(inodeOf(stats))) return;
  seen.add(inodeOf(stats));
  yield inodeOf(stats);
  if (!stats.isDirectory()) return;
  for (const entry of entriesOf(dir)) {
    if (withFiles || !entry.isFile()) yield* inodesIn(join(dir, entry.name), withFiles, seen);
  }
}

function entriesOf(dir: string): readonly fs.Dirent[] {
  try {
    return fs.readdirSync(dir, { withFileTypes: true });
  } catch {
    // Who reads it says what is wrong.
    return [];
  }
}

function look(path: string): Stats | undefined {
  try {
    return fs.statSync(path);
  } catch {
    return undefined;
  }
}

/** Two writers that know nothing of each other would write over each other. */
function mustNotBePrinted({ option, given, there }: OutputPlace): void {
  if (there === undefined) return;
  let printed: Stats;
  try {
    printed = fs.fstatSync(STANDARD_OUTPUT);
  } catch {
    return;
  }
  if (inodeOf(printed) !== inodeOf(there)) return;
  throw new InvalidInputError(
    option,
    `--${option} names \`${harmless(given, 200)}\`, the file that standard output goes to`,
    { help: "give each a file of its own" },
  );
}
