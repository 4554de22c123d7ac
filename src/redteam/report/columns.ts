import { cut, harmless } from "./words.js";

/** Marks text for people; without colours it returns its text unchanged. */
export type Mark = (text: string) => string;

/** Words in columns. */
export interface Columns {
  readonly head: readonly string[];
  /** Plain text: marks come last, so that widths are those of what is seen. */
  readonly rows: readonly (readonly string[])[];
  /** Columns of numbers. */
  readonly right?: readonly number[];
  readonly mark?: (row: number, column: number) => Mark | undefined;
}

const MARGIN = "  ";
const GAP = "  ";
/** Columns get no narrower than this. */
const MIN_COLUMN = 11;

/** A table that fits into the line where it can, indented: what is too long is cut from the widest columns. */
export function columnsText(
  { head, rows: given, right = [], mark }: Columns,
  width: number,
  dim: Mark,
): string {
  const rows = given.map((cells) => cells.map(harmless));
  const widths = fitted([head, ...rows], width - MARGIN.length);
  const line = (cells: readonly string[], markOf: (column: number) => Mark | undefined): string => {
    const parts = cells.map((cell, column) => {
      const size = widths[column]!;
      const text = cut(cell, size);
      const space = " ".repeat(size - text.length);
      const marked = markOf(column)?.(text) ?? text;
      if (right.includes(column)) return space + marked;
      return column === cells.length - 1 ? marked : marked + space;
    });
    return (MARGIN + parts.join(GAP)).trimEnd();
  };
  return [
    line(head, () => dim),
    dim(MARGIN + widths.map((size) => "─".repeat(size)).join(GAP)),
    ...rows.map((cells, row) => line(cells, (column) => mark?.(row, column))),
  ].join("\n");
}

/** Text behind a label, in lines of at most `width` where words allow; its further lines begin below its first. */
export function hanging(
  label: string,
  text: string,
  width: number,
  mark: Mark = (plain) => plain,
  labelMark: Mark = (plain) => plain,
): string {
  const [, lead = "", word = "", gap = ""] = /^(\s*)(.*?)(\s*)$/s.exec(label)!;
  const name = harmless(word);
  const space = " ".repeat(lead.length + name.length + gap.length);
  const room = Math.max(20, width - space.length);
  const lines: string[] = [];
  for (const each of harmless(text).split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + each.length <= room)
      lines[lines.length - 1] = `${last} ${each}`;
    else lines.push(each);
  }
  return lines.map((line, i) => (i === 0 ? lead + labelMark(name) + gap : space) + mark(line)).join("\n");
}

function fitted(rows: readonly (readonly string[])[], width: number): number[] {
  const widths = rows[0]!.map((_, column) =>
    rows.reduce((widest, row) => Math.max(widest, row[column]!.length), 0),
  );
  const total = (): number => widths.reduce((sum, each) => sum + each, 0) + GAP.length * (widths.length - 1);
  for (let excess = total() - width; excess > 0; excess--) {
    const widest = Math.max(...widths);
    if (widest <= MIN_COLUMN) break;
    widths[widths.indexOf(widest)]! -= 1;
  }
  return widths;
}
