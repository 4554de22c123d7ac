import type * as Benign from "../../src/redteam/benign/index.js";
import type * as Stage from "../../src/redteam/stage.js";
import { ROOT } from "./packs.js";

/**
 * Parts of Rein's red team that are not exported, as the package was built: compiled once more, under build/, Rein would
 * not find its own package.json.
 */
async function built<T>(file: string): Promise<T> {
  return (await import(new URL(`dist/${file}`, ROOT).href)) as T;
}

export const { worksFor } = await built<typeof Benign>("redteam/benign/index.js");
export const { START_AT, stopOf } = await built<typeof Stage>("redteam/stage.js");
