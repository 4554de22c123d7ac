import { ReinError } from "../core/errors.js";
import { type DirSettings, type DirStoreOptions, mustBeWhole, settingsOf, tornNote } from "./dir-settings.js";
import type { OwnerFacts } from "./identity.js";
import { highestOf, readOwnerFiles, seemsAlive } from "./owner-file.js";
import { repairNote } from "./repair-marker.js";
import { dirProblem, storeFileProblems, unsafe } from "./safe-dir.js";
import { storeFailed } from "./store-errors.js";
import type { StoredHalt, StoredSnapshot } from "./store.js";
import { surveyStore } from "./survey.js";

/** What a directory holds, as somebody sees it who does not own it. */
export interface DirStoreView {
  readonly snapshot: StoredSnapshot | null;
  readonly allowances: ReadonlyMap<string, number>;
  readonly halts: ReadonlyMap<string, StoredHalt>;
  /** Who has it or had it last without letting it go; null: nobody. */
  readonly owner: (OwnerFacts & { readonly isAlive: boolean }) | null;
  readonly notes: readonly string[];
  /** See {@link OpenStore.mustExhaust}. */
  readonly mustExhaust: boolean;
}

/** An owner that works may change files while we read them. */
const TRIES = 5;

/**
 * Reads a directory without taking it over and without changing anything.
 *
 * @throws ReinError `store_failed` (also when there is no such directory), `store_damaged`, `store_newer`
 */
export function readDirStore(dir: string, options: DirStoreOptions = {}): DirStoreView {
  const settings = settingsOf(dir, options);
  try {
    for (let i = 1; i < TRIES; i++) {
      const view = attempt(() => read(settings));
      if (view !== undefined) return view;
    }
    return read(settings);
  } catch (error) {
    throw storeFailed(`read \`${dir}\``, error);
  }
}

function read({ disk, dir, name, now, identity }: DirSettings): DirStoreView {
  if (disk.look(dir) === undefined) {
    throw new ReinError("store_failed", `there is no directory \`${name}\``, {
      help: "name the directory that the program was given; it makes it at its first start",
    });
  }
  const problem = dirProblem(disk, dir, identity.uid) ?? storeFileProblems(disk, dir, identity.uid)[0];
  if (problem !== undefined) throw unsafe(name, problem);
  const survey = surveyStore(disk, dir);
  const { books, snapshot } = mustBeWhole(survey, name);
  const file = highestOf(readOwnerFiles(disk, dir));
  const facts = file === undefined || file.isReleased ? undefined : file.facts;
  const isAlive = file !== undefined && seemsAlive(disk, file, identity, now());
  const repaired = repairNote(disk, dir);
  // The end of what a living owner is just writing is no news.
  const torn = isAlive ? [] : survey.torn.map(tornNote);
  return {
    snapshot,
    allowances: books.totals,
    halts: books.halts,
    owner: facts === undefined ? null : { ...facts, isAlive },
    notes: repaired === undefined ? torn : [...torn, repaired],
    mustExhaust: repaired !== undefined,
  };
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
