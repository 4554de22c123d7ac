import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { atEnd } from "./at-end.js";

/** What says where temporary files belong, on one system or another. */
const NAMES = ["TMPDIR", "TEMP", "TMP"] as const;

/**
 * Does something whose temporary files are gone when it ends, also when a signal ends the process: all of them, in
 * threads too, are made in one folder.
 */
export async function withTemporaryFiles<T>(step: () => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "rein-"));
  const remove = (): void => {
    // Something that was under way may still put a file there.
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
  };
  const callOff = atEnd(remove);
  const before = NAMES.map((name) => [name, process.env[name]] as const);
  for (const name of NAMES) process.env[name] = folder;
  try {
    return await step();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
    callOff();
    remove();
  }
}
