import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory for one governor's state, which no other one has; {@link removeStateDir} ends it. */
export async function makeStateDir(): Promise<string> {
  return mkdtemp(join(tmpdir(), "rein-redteam-"));
}

/** Does what an agent does that wants to have its budget back: writes other bytes into what was saved. */
export async function editStateDir(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    if (!/^(?:journal|snapshot)\./.test(name)) continue;
    const path = join(dir, name);
    const bytes = await readFile(path);
    const middle = bytes.length >> 1;
    if (bytes.length > 0) bytes[middle] = bytes[middle]! ^ 1;
    await writeFile(path, bytes);
  }
}

export async function removeStateDir(dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true });
}
