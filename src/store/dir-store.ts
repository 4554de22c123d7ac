import { type DirSettings, type DirStoreOptions, mustBeWhole, settingsOf, tornNote } from "./dir-settings.js";
import { DirSync } from "./dir-sync.js";
import { SECRET } from "./file-names.js";
import { Ledger } from "./ledger.js";
import { type OpenDirStore, OpenDir } from "./open-dir.js";
import { takeOwnership } from "./ownership.js";
import { repairNote } from "./repair-marker.js";
import { prepareSafeDir, storeFileProblems, unsafe } from "./safe-dir.js";
import { Saving } from "./saving.js";
import { readSecret, SECRET_BYTES, writeSecret } from "./secret-file.js";
import { storeDamaged, storeFailed } from "./store-errors.js";
import type { Store } from "./store.js";
import { sweep, sweepTemporaries } from "./sweep.js";
import { type Survey, surveyStore } from "./survey.js";

export interface DirStore extends Store {
  open(): Promise<OpenDirStore>;
}

/**
 * Keeps state in a directory that one process owns: allowances and halts in a journal that is synced before they
 * count, snapshots beside it.
 *
 * @param dir made when it is missing, for this user only
 *
 * @example
 * ```js
 * const store = await dirStore("./rein_state").open();
 * ```
 */
export function dirStore(dir: string, options: DirStoreOptions = {}): DirStore {
  return {
    name: `\`${dir}\``,
    async open() {
      try {
        return await open(settingsOf(dir, options));
      } catch (error) {
        throw storeFailed(`open \`${dir}\``, error);
      }
    },
  };
}

async function open(settings: DirSettings): Promise<OpenDirStore> {
  const { disk, dir, name, identity } = settings;
  await prepareSafeDir(disk, dir, name, identity.uid);
  const unsafeFile = storeFileProblems(disk, dir, identity.uid)[0];
  if (unsafeFile !== undefined) throw unsafe(name, unsafeFile);
  const { ownership, notes } = await takeOwnership(settings);
  try {
    sweepTemporaries(disk, dir);
    const survey = surveyStore(disk, dir);
    const found = mustBeWhole(survey, name);
    const secret = await secretOf(settings, survey);
    const repaired = repairNote(disk, dir);
    const said = [...notes, ...survey.torn.map(tornNote), ...(repaired === undefined ? [] : [repaired])];

    const era = survey.era + 1;
    let { snapshot, previous } = survey;
    let base = 0;
    const clean = (): void => sweep(disk, dir, { snapshot, previous, base });
    const mustBeMine = (): void => ownership.mustBeMine();
    const names = new DirSync(disk, dir);
    const ledger = new Ledger({
      disk,
      dir,
      names,
      name,
      era,
      nextNumber: survey.highestNumber + 1,
      snapshot,
      books: { totals: new Map(found.books.totals), halts: new Map(found.books.halts) },
      mustBeMine,
      onBase: (number) => {
        base = number;
        clean();
      },
    });
    await ledger.start();
    const saving = new Saving({
      ...settings,
      names,
      era,
      ledger,
      mustBeMine,
      hasMarker: repaired !== undefined,
      onSaved: (number) => {
        [snapshot, previous, base] = [number, snapshot, number];
        clean();
      },
    });
    return new OpenDir({
      name,
      secret,
      found,
      notes: said,
      mustExhaust: repaired !== undefined,
      ownership,
      ledger,
      saving,
    });
  } catch (error) {
    try {
      ownership.release();
    } catch {
      // Nothing can be written there; the next one will find that we are gone.
    }
    throw error;
  }
}

async function secretOf(settings: DirSettings, survey: Survey): Promise<Uint8Array> {
  const { disk, dir, name, random, nonce } = settings;
  const secret = readSecret(disk, dir);
  if (survey.snapshots.length > 0 || survey.journals.length > 0) {
    if (secret === null) throw lostSecret(name, "is missing");
    if (secret === undefined) throw lostSecret(name, "does not hold what it should");
    return secret;
  }
  // Nothing was ever kept: a secret that is there was made by a start that did not end, and may not be durable.
  const made = new Uint8Array(random(SECRET_BYTES));
  await writeSecret(disk, dir, made, nonce());
  return made;
}

/** No repair brings a secret back. */
function lostSecret(name: string, problem: string): Error {
  return storeDamaged(
    name,
    SECRET,
    problem,
    "put it back from a backup, or begin with a new directory: without it nothing that was counted can be recognized",
  );
}
