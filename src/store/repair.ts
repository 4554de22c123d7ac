import { join } from "node:path";
import { ReinError } from "../core/errors.js";
import { type DirSettings, type DirStoreOptions, settingsOf } from "./dir-settings.js";
import { DirSync } from "./dir-sync.js";
import { QUARANTINE, snapshotName } from "./file-names.js";
import { badFallbacks, inspectDirStore, type StoreFinding, unrepairable } from "./inspect.js";
import { JournalFile } from "./journal-file.js";
import { applyChange, JOURNAL_FORMAT, type MutableBooks, raise } from "./journal-format.js";
import { takeOwnership } from "./ownership.js";
import { writeRepairMarker } from "./repair-marker.js";
import { prepareSafeDir } from "./safe-dir.js";
import { readSnapshot } from "./snapshot-file.js";
import { storeFailed } from "./store-errors.js";
import type { StoredHalt } from "./store.js";
import { compare, type FoundJournal, type Survey, surveyStore } from "./survey.js";
import { sweepTemporaries } from "./sweep.js";

export interface RepairResult {
  /** What was found before. */
  readonly findings: readonly StoreFinding[];
  /** Files that were put away, by their new names below the directory. */
  readonly quarantined: readonly string[];
  /** Something may have been lost: at the next start everything counts as spent and is halted, see `mustExhaust`. */
  readonly isExhausted: boolean;
}

/**
 * Makes a damaged directory usable again and loosens nothing: every total that can still be read counts, the highest
 * of each account; every halt that is not known to have ended holds; and what may be missing is made up for by
 * counting everything as spent and halting it. Damaged files are moved to `quarantine/`.
 *
 * @throws ReinError `store_in_use`; `store_damaged` when only people can repair it; `store_newer`; `store_failed`
 */
export async function repairDirStore(dir: string, options: DirStoreOptions = {}): Promise<RepairResult> {
  const settings = settingsOf(dir, options);
  try {
    return await repair(settings, inspectDirStore(dir, options));
  } catch (error) {
    throw storeFailed(`repair \`${dir}\``, error);
  }
}

async function repair(settings: DirSettings, findings: readonly StoreFinding[]): Promise<RepairResult> {
  const { disk, dir, name, now, nonce } = settings;
  const nothing: RepairResult = { findings, quarantined: [], isExhausted: false };
  if (disk.look(dir) === undefined) return nothing;
  refuse(name, unrepairable(settings, undefined));
  const { ownership } = await takeOwnership(settings);
  try {
    sweepTemporaries(disk, dir);
    const survey = surveyStore(disk, dir);
    refuse(name, unrepairable(settings, survey));
    const damaged = damagedFiles(survey);
    const isLossy = survey.problems.length > 0;
    if (isLossy) {
      await writeRepairMarker(disk, dir, { at: now(), files: damaged }, nonce());
      await restate(settings, survey);
    }
    const quarantined = damaged.length === 0 ? [] : await quarantine(settings, damaged);
    return { findings, quarantined, isExhausted: isLossy };
  } finally {
    ownership.release();
  }
}

function refuse(name: string, found: readonly StoreFinding[]): void {
  const first = found[0];
  if (first === undefined) return;
  const what = first.file === "" ? `\`${name}\`` : `\`${first.file}\` in \`${name}\``;
  throw new ReinError("store_damaged", `${what} ${first.problem}, which only you can mend`, {
    help: first.fix,
  });
}

function damagedFiles(survey: Survey): string[] {
  const names = survey.problems.filter(({ kind }) => kind === "damaged").map(({ file }) => file);
  return [...new Set([...names, ...badFallbacks(survey).map(snapshotName)])];
}

/** Begins a journal with everything that can still be read; whatever came before it then counts no more. */
async function restate({ disk, dir }: DirSettings, survey: Survey): Promise<void> {
  const { books, snapshot } = salvage(survey);
  const header = { format: JOURNAL_FORMAT, era: survey.era + 1, after: null };
  const journal = new JournalFile(disk, dir, new DirSync(disk, dir), survey.highestNumber + 1, [
    { kind: "header", header },
    { kind: "all", books, snapshot },
  ]);
  try {
    await journal.sync();
  } finally {
    journal.retire();
  }
}

function salvage(survey: Survey): { readonly books: MutableBooks; readonly snapshot: number } {
  const books: MutableBooks = { totals: new Map(), halts: new Map() };
  let newest = 0;
  const snapshots = survey.snapshots.flatMap(({ era, number, read }) => {
    const found = readSnapshot(read());
    return found.kind === "good" ? [{ era, number, scan: undefined, books: found.file.books }] : [];
  });
  // Sorting is stable: a snapshot comes before the journal that goes on from it.
  for (const file of [...snapshots, ...survey.journals].sort(compare)) {
    if (file.scan !== undefined) {
      takeEntries(books, file.scan);
      continue;
    }
    newest = file.number;
    restateHalts(books, file.books.halts);
    raise(books.totals, file.books.totals);
  }
  return { books, snapshot: newest };
}

/** Lines on both sides of the damage are whole in themselves. */
function takeEntries(books: MutableBooks, { entries, laterEntries }: FoundJournal["scan"]): void {
  for (const entry of [...entries, ...laterEntries]) {
    if (entry.kind === "change") applyChange(books, entry.change);
    if (entry.kind !== "all") continue;
    restateHalts(books, entry.books.halts);
    raise(books.totals, entry.books.totals);
  }
}

function restateHalts(books: MutableBooks, halts: ReadonlyMap<string, StoredHalt>): void {
  books.halts.clear();
  for (const [id, halt] of halts) books.halts.set(id, halt);
}

async function quarantine({ disk, dir, identity }: DirSettings, names: readonly string[]): Promise<string[]> {
  const away = join(dir, QUARANTINE);
  await prepareSafeDir(disk, away, QUARANTINE, identity.uid);
  const there = new Set(disk.list(away));
  const moved: string[] = [];
  for (const name of names) {
    let to = name;
    for (let i = 2; there.has(to); i++) to = `${name}.${i}`;
    disk.rename(join(dir, name), join(away, to));
    moved.push(`${QUARANTINE}/${to}`);
  }
  await disk.syncDir(away);
  await disk.syncDir(dir);
  return moved;
}
