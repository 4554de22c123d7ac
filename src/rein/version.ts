import { readFileSync } from "node:fs";

export { ENGINE_VERSION } from "../engine/index.js";

/** This software, as it names itself in logs: `rein/0.1.0`. */
export const SOFTWARE = `rein/${readVersion()}`;

function readVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return manifest.version;
}
