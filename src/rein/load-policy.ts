import type { CompiledPolicy } from "../policy/index.js";
import { compilePolicyFile, readPolicyFile } from "./policy-file.js";

/**
 * Reads a policy file: `.txt` and `.md` (a sentence a line), `.json`, `.yaml` and `.yml` (a list of sentences and
 * rules as data, or an object whose `rules` or `policy` is that list).
 *
 * @throws PolicyError that names the file, and line and column where they are known
 */
export async function loadPolicy(path: string): Promise<CompiledPolicy> {
  return compilePolicyFile(path, await readPolicyFile(path));
}
