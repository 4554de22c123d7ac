import { join } from "node:path";
import type { Disk } from "../core/disk.js";
import { readIfThere } from "./disk-files.js";
import { numbersOf, ownerName } from "./file-names.js";
import type { Identity, OwnerFacts } from "./identity.js";

/** An owner file that is there. */
export interface OwnerFile {
  readonly number: number;
  readonly path: string;
  /** Undefined when it cannot be read, as while it is being written. */
  readonly facts: OwnerFacts | undefined;
  /** Its owner has let the directory go. */
  readonly isReleased: boolean;
}

/** An owner that was not heard of for so long is gone. */
export const SILENT_MS = 10_000;

export function ownerFileText(facts: OwnerFacts, isReleased: boolean): string {
  const { pid, startTime, host, machineBoot, pidNamespace, since, nonce, unfenced } = facts;
  const ids = { kind: "rein owner", pid, startTime, host, machineBoot, pidNamespace, since, nonce };
  const marks = { ...(unfenced === true && { unfenced }), ...(isReleased && { released: true }) };
  return `${JSON.stringify({ ...ids, ...marks })}\n`;
}

/** Every owner file, lowest number first. */
export function readOwnerFiles(disk: Disk, dir: string): OwnerFile[] {
  const files: OwnerFile[] = [];
  for (const number of numbersOf(disk.list(dir), "owner")) {
    const path = join(dir, ownerName(number));
    const bytes = readIfThere(disk, path);
    if (bytes !== undefined) files.push({ number, path, ...parse(bytes) });
  }
  return files;
}

/** The one that counts. */
export function highestOf(files: readonly OwnerFile[]): OwnerFile | undefined {
  return files[files.length - 1];
}

/** Whether the owner runs, as far as this machine can tell; undefined: only its sign of life can. */
export function isAlive(facts: OwnerFacts | undefined, me: Identity): boolean | undefined {
  if (facts === undefined) return undefined;
  const isHere =
    facts.host === me.host && facts.machineBoot === me.machineBoot && facts.pidNamespace === me.pidNamespace;
  return isHere ? me.isAlive(facts) : undefined;
}

/** The same without waiting for a sign of life or giving one: an owner that cannot be asked lives if it gave one lately. */
export function seemsAlive(disk: Disk, file: OwnerFile, me: Identity, now: number): boolean {
  if (file.isReleased) return false;
  const lastSign = disk.look(file.path)?.changedAt ?? -Infinity;
  return isAlive(file.facts, me) ?? now - lastSign < SILENT_MS;
}

/** How an owner is called: ``process 4711 on `host` since 2026-01-05T12:00:00.000Z``. */
export function describeOwner(facts: OwnerFacts | undefined): string {
  if (facts === undefined) return "a process that does not say who it is";
  return `process ${facts.pid} on \`${facts.host}\` since ${new Date(facts.since).toISOString()}`;
}

function parse(bytes: Uint8Array): Pick<OwnerFile, "facts" | "isReleased"> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return { facts: undefined, isReleased: false };
  }
  const facts = value as Partial<OwnerFacts> & { released?: unknown };
  const isText = (text: unknown): boolean => text === null || typeof text === "string";
  const isWhole =
    typeof value === "object" &&
    value !== null &&
    Number.isSafeInteger(facts.pid) &&
    typeof facts.host === "string" &&
    typeof facts.nonce === "string" &&
    isText(facts.startTime) &&
    isText(facts.machineBoot) &&
    isText(facts.pidNamespace) &&
    typeof facts.since === "number" &&
    Math.abs(facts.since) <= 8.64e15;
  if (!isWhole) return { facts: undefined, isReleased: false };
  return { facts: facts as OwnerFacts, isReleased: facts.released === true };
}
