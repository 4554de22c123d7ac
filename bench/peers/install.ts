import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

/** From build/bench/peers/ to the repository. */
const ROOT = new URL("../../../", import.meta.url);
const NPM_PEERS = fileURLToPath(new URL("bench/peers/", ROOT));
const PYTHON_PEERS = fileURLToPath(new URL("build/peers/python/", ROOT));

const REIN_AI = "rein-ai==1.1.0";

/** Installs what is not there yet; what cannot be installed is said, and then skipped by who needs it. */
export function installPeers(say: (line: string) => void): void {
  const { dependencies } = JSON.parse(readFileSync(`${NPM_PEERS}package.json`, "utf8")) as {
    dependencies: Record<string, string>;
  };
  if (!Object.keys(dependencies).every((name) => existsSync(`${NPM_PEERS}node_modules/${name}`))) {
    say("installing the npm peers");
    const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], {
      cwd: NPM_PEERS,
      stdio: ["ignore", "ignore", "inherit"],
    });
    if (status !== 0) say("SKIPPED: npm could not install bench/peers");
  }
  if (!existsSync(`${PYTHON_PEERS}rein_ai`)) {
    say(`installing ${REIN_AI}`);
    const pip = [
      "-m",
      "pip",
      "install",
      "--quiet",
      "--disable-pip-version-check",
      "--target",
      PYTHON_PEERS,
      REIN_AI,
    ];
    const { status, error } = spawnSync("python3", pip, {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, PIP_ROOT_USER_ACTION: "ignore" },
    });
    if (status !== 0)
      say(`SKIPPED: pip could not install ${REIN_AI}${error === undefined ? "" : ` (${error.message})`}`);
  }
}

/** Their types stay out: they are installed on demand, and this package does not depend on them. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Untyped = any;

/** A peer from npm; undefined when it is not installed. */
export async function peer(name: string): Promise<Untyped> {
  try {
    const entry = createRequire(`${NPM_PEERS}package.json`).resolve(name);
    return await import(pathToFileURL(entry).href);
  } catch {
    return undefined;
  }
}

/** Runs a job of rein-ai in Python and returns what it prints; undefined when it is not installed. */
export function runPython(args: readonly string[], input = ""): string | undefined {
  if (!existsSync(`${PYTHON_PEERS}rein_ai`)) return undefined;
  const { status, stdout, stderr } = spawnSync("python3", [`${NPM_PEERS}rein_ai_jobs.py`, ...args], {
    encoding: "utf8",
    input,
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, PYTHONPATH: PYTHON_PEERS },
  });
  if (status !== 0) throw new Error(`rein_ai_jobs.py failed: ${stderr}`);
  return stdout;
}
