import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One price series as log returns. */
export interface Returns {
  readonly name: string;
  /** The time of each return in years; its number where the file has no dates that can be read. */
  readonly years: readonly number[];
  readonly values: readonly number[];
}

/** Fewer rows than that are not scored. */
const LEAST_RETURNS = 250;

/** Reads every `NAME.csv` in the folder `finance`: its last column that looks like a price; null where there is none. */
export function readReturns(folder: string): readonly Returns[] | null {
  const room = join(folder, "finance");
  if (!existsSync(room)) return null;
  const all = readdirSync(room)
    .filter((file) => file.endsWith(".csv"))
    .sort()
    .map((file) => returnsOf(file.slice(0, -".csv".length), readFileSync(join(room, file), "utf8")));
  return all.length === 0 ? null : all;
}

interface Row {
  readonly time: number;
  readonly price: number;
}

function returnsOf(name: string, text: string): Returns {
  const [header = [], ...lines] = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .map(cellsOf);
  const column = header.findLastIndex((title) => /close|price|value/i.test(title));
  if (column < 0) {
    throw new Error(
      `${name}.csv has no column whose title has \`close\`, \`price\` or \`value\`: ${header.join(", ")}`,
    );
  }
  // Holidays and gaps are rows without a price.
  const rows = lines
    .map((cells): Row => ({ time: Date.parse(cells[0] ?? ""), price: Number(cells[column] || NaN) }))
    .filter(({ price }) => price > 0 && price < Infinity);
  const isDated = rows.every(({ time }) => !Number.isNaN(time));
  // Some sources have the newest row first.
  if (isDated) rows.sort((a, b) => a.time - b.time);
  const values = rows.slice(1).map(({ price }, i) => Math.log(price / rows[i]!.price));
  if (values.length < LEAST_RETURNS) {
    throw new Error(
      `${name}.csv has ${values.length} returns in column \`${header[column]}\`; ${LEAST_RETURNS} are needed`,
    );
  }
  const yearMs = 365.2425 * 86_400_000;
  const years = rows.slice(1).map(({ time }, i) => (isDated ? 1970 + time / yearMs : i));
  return { name, years, values };
}

/** The cells of a line; commas in quotes are part of numbers. */
function cellsOf(line: string): readonly string[] {
  return [...line.matchAll(/("([^"]*)"|[^,]*)(?:,|$)/g)]
    .map((cell) => (cell[2]?.replaceAll(",", "") ?? cell[1] ?? "").trim())
    .slice(0, line.split(",").length);
}
