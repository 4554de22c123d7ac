import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { verifyLog } from "../../src/audit/verify/verify.js";
import { nodeDisk } from "../../src/store/node-disk.js";
import type { Verdict } from "./mutants/tools.js";

/** What a program said of a log. */
export interface Said {
  readonly code: number;
  readonly output: string;
}

/** One call of a verifier. */
export interface Ask {
  /** Directory of the log. */
  readonly dir: string;
  /** The key that the asker trusts; none: the one in the log. */
  readonly vkey?: string;
  /** Path of a head that the asker kept. */
  readonly head?: string;
}

const path = (from: string): string => fileURLToPath(new URL(from, import.meta.url));

export const PYTHON_VERIFIER = path("../../verifiers/rein_verify.py");

/** Whether tests of other programs must not be skipped when those are missing. */
export const mustHaveAll = process.env["REIN_REQUIRE_INTEROP"] === "1";

/** Whether a command is there. Says plainly what is not tested without it. */
export function has(command: string, ...args: string[]): boolean {
  const isThere = spawnSync(command, args, { stdio: "ignore" }).status === 0;
  if (!isThere) missing(`\`${command}\` is not here`);
  return isThere;
}

/** Says that something is not tested; where everything must be, that is an error. */
export function missing(what: string): void {
  if (mustHaveAll) throw new Error(`${what}, and REIN_REQUIRE_INTEROP is set`);
  console.warn(`SKIPPED: ${what}, so what it says of our logs is NOT tested`);
}

export function hasPython(): boolean {
  return has("python3", "--version") && has("openssl", "version");
}

/** The verdict of each call of the Python verifier; all run in one process. */
export function askPython(asks: readonly Ask[]): Said[] {
  const calls = asks.map(({ dir, vkey, head }) => [
    dir,
    ...(vkey === undefined ? [] : ["--vkey", vkey]),
    ...(head === undefined ? [] : ["--head", head]),
  ]);
  const output = execFileSync("python3", [path("verify-many.py"), PYTHON_VERIFIER], {
    input: JSON.stringify(calls),
    maxBuffer: 1 << 28,
  });
  return JSON.parse(output.toString()) as Said[];
}

/** The verdict of our own verifier. */
export function askOurs({ dir, vkey, head }: Ask): Said {
  const heads = head === undefined ? [] : [{ name: head, text: readFileSync(head, "utf8") }];
  const verdict = verifyLog({ disk: nodeDisk, dir, vkey, heads, now: 1_800_000_000_000 });
  const problems = verdict.problems.first.map(({ code, message }) => `${code}: ${message}`);
  return { code: verdict.exitCode, output: [verdict.summary, ...problems].join("\n") };
}

const VERDICTS: Readonly<Record<number, Verdict>> = { 0: "valid", 2: "invalid", 3: "contradiction" };

/** The verdict that an exit code stands for. */
export function verdictOf({ code, output }: Said): string {
  return VERDICTS[code] ?? `exit ${code}: ${output}`;
}

/** Debian's Go rather than another one: it comes with its own packages compiled, and CI has no other. */
const GO = existsSync("/usr/bin/go") ? "/usr/bin/go" : "go";
const GO_PACKAGES = "/usr/share/gocode/src";
const OTHERS = path("../../../shared/verifiers/");

export type GoProgram = "verify-log" | "goverify-full" | "goverify-tiles";

/** Builds the programs in Go, with Debian's packages and nothing from the net; those that cannot be built are absent. */
export function goPrograms(temp: string, names: readonly GoProgram[]): Partial<Record<GoProgram, string>> {
  if (!has(GO, "version")) return {};
  const sources: Readonly<Record<GoProgram, string>> = {
    "verify-log": path("../../verifiers/go/verify-log/main.go"),
    "goverify-full": join(OTHERS, "goverify-full.go"),
    "goverify-tiles": join(OTHERS, "goverify-tiles.go"),
  };
  const needs = [
    `${GO_PACKAGES}/golang.org/x/mod`,
    `${GO_PACKAGES}/github.com/google/certificate-transparency`,
  ];
  const absent = needs.filter((each) => !existsSync(each));
  if (absent.length > 0) {
    missing(`the Go package \`${absent.join("`, `")}\` is not here`);
    return {};
  }
  const programs: Partial<Record<GoProgram, string>> = {};
  for (const name of names) {
    const source = sources[name];
    if (!existsSync(source)) {
      missing(`\`${source}\` is not here`);
      continue;
    }
    const program = join(temp, name);
    const env = {
      GO111MODULE: "off",
      GOPATH: "/usr/share/gocode",
      GOPROXY: "off",
      CGO_ENABLED: "0",
      GOFLAGS: "",
    };
    const built = spawnSync(GO, ["build", "-o", program, source], {
      cwd: temp,
      env: { ...process.env, ...env, GOCACHE: join(temp, "go-cache"), GOTOOLCHAIN: "local" },
      encoding: "utf8",
    });
    if (built.status !== 0) throw new Error(`${source} does not build: ${built.stderr}`);
    programs[name] = program;
  }
  return programs;
}

export function askGo(program: string, args: readonly string[]): Said {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  return { code: status ?? 1, output: stdout + stderr };
}
