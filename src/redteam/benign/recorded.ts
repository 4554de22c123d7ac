import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { InvalidInputError, messageOf } from "../../core/errors.js";
import { DOMAINS } from "../attack.js";
import type { Domain, Move, Told } from "../attack.js";
import { RECORDED, WORK_HORIZON_MS } from "../work.js";
import type { Work } from "../work.js";
import { Desk, SECOND } from "./desk.js";
import { eventsOf } from "./recorded-events.js";
import type { RecordedStep } from "./recorded-events.js";

/** More than that is an evaluation, and no check before one ships. */
const MAX_SESSIONS = 20_000;
const MAX_HORIZON_MS = 7 * WORK_HORIZON_MS;

/**
 * Recorded sessions as honest work: every line of every `*.jsonl` file of a folder is a session, as `rein replay` reads
 * it, or a task of AgentDojo, of which the injected ones are left out. Where nothing says when, some seconds pass.
 *
 * A session may say its `domain`; the others are those of a general agent (`llm`).
 *
 * @throws InvalidInputError when there is no such folder, no session in it, or a line that is none
 */
export async function recordedWork(folder: string): Promise<readonly Work[]> {
  const works: Work[] = [];
  for (const name of await filesOf(folder)) {
    const path = join(folder, name);
    const lines = (await readFile(path, "utf8")).split("\n");
    for (const [i, line] of lines.entries()) {
      if (line.trim() === "") continue;
      const work = workOfLine(line, `\`${path}\`, line ${i + 1}`, `${name.slice(0, -JSONL.length)}-${i + 1}`);
      if (work !== null) works.push(work);
      if (works.length > MAX_SESSIONS) {
        throw new InvalidInputError(
          "benign",
          `there are more than ${MAX_SESSIONS} sessions in \`${folder}\``,
          {
            help: "give a folder with some of them",
          },
        );
      }
    }
  }
  if (works.length > 0) return works;
  throw new InvalidInputError("benign", `there is no recorded session in \`${folder}\``, { help: FORMAT });
}

const JSONL = ".jsonl";
const FORMAT =
  'a folder has files `*.jsonl` in which each line is a session: { "id": …, "events": [{ "source": …, "series": …, "ok": true }, …] }';

/** In the order of their names, so that the same folder gives the same works everywhere. */
async function filesOf(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith(JSONL)).sort();
  } catch (cause) {
    throw new InvalidInputError("benign", `\`${folder}\` cannot be read: ${messageOf(cause)}`, {
      help: FORMAT,
      cause,
    });
  }
}

/** @returns null for a task that is an attack */
function workOfLine(line: string, place: string, slug: string): Work | null {
  const wrong = (what: string): InvalidInputError =>
    new InvalidInputError("benign", `${place} ${what}`, { help: FORMAT });
  let session: unknown;
  try {
    session = JSON.parse(line.replace(/^\ufeff/, ""));
  } catch {
    throw wrong("is not JSON");
  }
  if (typeof session !== "object" || session === null) throw wrong("is no session");
  const fields = session as Readonly<Record<string, unknown>>;
  if (fields["kind"] === "injection") return null;
  const steps = eventsOf(fields, wrong);
  const lastsMs = Math.max(0, ...steps.map(({ atMs = 0 }) => atMs));
  const domain = (DOMAINS as readonly unknown[]).includes(fields["domain"])
    ? (fields["domain"] as Domain)
    : "llm";
  return Object.freeze({
    id: `${RECORDED}${kebab(slug)}`,
    title: `recorded session ${isName(fields["id"]) ? fields["id"] : slug}`,
    domain,
    wants: steps.filter(({ move }) => move.do === "act" && move.deeds !== undefined).length,
    horizonMs: Math.min(MAX_HORIZON_MS, lastsMs + WORK_HORIZON_MS),
    run: (scene) => play(steps, new Desk(scene)),
  } satisfies Work);
}

function* play(steps: readonly RecordedStep[], desk: Desk): Generator<Move, void, Told> {
  for (const { move, atMs } of steps) {
    const waitMs = atMs === undefined ? desk.about(4 * SECOND) : atMs - desk.atMs;
    if (waitMs > 0) yield* desk.wait(waitMs);
    yield* desk.tell(move);
  }
}

function isName(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}

function kebab(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, "-");
}
