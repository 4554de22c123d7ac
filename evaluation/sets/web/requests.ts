import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One request of a web log. */
export interface Request {
  readonly caller: string;
  /** Monotonic milliseconds. */
  readonly mono: number;
  /** A hash of the path without its query. */
  readonly path: number;
  /** A status of 400 or more. */
  readonly denied: boolean;
}

/** One log: its file's name without `.csv`. */
export interface Log {
  readonly name: string;
  readonly requests: readonly Request[];
}

const COLUMNS = ["t", "caller", "path_hash", "status"];

/** Reads every `FOLDER/web/*.csv`, in the order of their names; null where there is none. */
export function readLogs(folder: string): readonly Log[] | null {
  const web = join(folder, "web");
  if (!existsSync(web)) return null;
  const names = readdirSync(web)
    .filter((name) => name.endsWith(".csv"))
    .sort();
  if (names.length === 0) return null;
  return names.map((name) => ({
    name: name.slice(0, -".csv".length),
    requests: requestsOf(readFileSync(join(web, name), "utf8"), `web/${name}`),
  }));
}

function requestsOf(text: string, from: string): Request[] {
  const [header = "", ...lines] = text.trimEnd().split(/\r?\n/);
  const names = header.split(",");
  const [time, caller, path, status] = COLUMNS.map((column) => {
    const at = names.indexOf(column);
    if (at < 0) throw new Error(`${from} has no column \`${column}\`; its header is \`${header}\``);
    return at;
  }) as [number, number, number, number];
  return lines.map((line, i) => {
    const cells = line.split(",");
    const request: Request = {
      caller: cells[caller] ?? "",
      mono: 1000 * Number(cells[time]),
      path: Number(cells[path]),
      denied: Number(cells[status]) >= 400,
    };
    if (Number.isFinite(request.mono + request.path) && cells.length === names.length) return request;
    throw new Error(`${from}, line ${i + 2}, is no request: \`${line}\``);
  });
}
