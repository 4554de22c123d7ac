import { readFile, stat } from "node:fs/promises";
import { extname } from "node:path";
import { PolicyError } from "../core/errors.js";
import { MAX_POLICY_BYTES, parsePolicyText } from "../policy/index.js";
import type { CompiledPolicy, PolicyFormat } from "../policy/index.js";

const FORMATS: Readonly<Record<string, PolicyFormat>> = {
  ".json": "json",
  ".yaml": "yaml",
  ".yml": "yaml",
  ".txt": "text",
  ".md": "text",
};

/**
 * Reads a policy file: `.json`, `.yaml`, `.yml` (rules as data), `.txt`, `.md` (a sentence a line).
 *
 * @throws PolicyError that names the file, and line and column where they are known
 */
export async function loadPolicy(path: string): Promise<CompiledPolicy> {
  const format = FORMATS[extname(path).toLowerCase()];
  if (format === undefined) {
    throw fileError(path, "is of no known format", `use one of ${Object.keys(FORMATS).join(", ")}`);
  }
  let bytes: Buffer;
  try {
    const { size } = await stat(path);
    if (size > MAX_POLICY_BYTES)
      throw fileError(path, `is ${size} bytes long, more than the ${MAX_POLICY_BYTES} allowed`);
    bytes = await readFile(path);
  } catch (error) {
    if (PolicyError.isInstance(error)) throw error;
    throw fileError(
      path,
      `cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      "check the path and its permissions",
    );
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw fileError(path, "is not UTF-8 text", "save it as UTF-8");
  }
  try {
    return parsePolicyText(text, format);
  } catch (error) {
    if (!PolicyError.isInstance(error)) throw error;
    throw new PolicyError(
      error.issues.map((issue) => ({ ...issue, message: `${path}: ${issue.message}` })),
      { cause: error },
    );
  }
}

function fileError(path: string, what: string, help?: string): PolicyError {
  return new PolicyError([
    { index: -1, path: "", message: `\`${path}\` ${what}`, ...(help !== undefined && { help }) },
  ]);
}
