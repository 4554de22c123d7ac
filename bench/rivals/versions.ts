import { readFileSync } from "node:fs";
import { ROOT } from "./packs.js";

/** The exact version of a peer from npm that bench/peers installs. */
export function versionOf(name: string): string {
  const manifest = readFileSync(new URL("bench/peers/package.json", ROOT), "utf8");
  const { dependencies } = JSON.parse(manifest) as { dependencies: Readonly<Record<string, string>> };
  return dependencies[name] ?? "unknown";
}
