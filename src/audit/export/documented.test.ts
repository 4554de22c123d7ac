import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { findingsTable, FORMAT_LIMITS } from "../import/findings.js";
import { ocsfTable } from "./ocsf-classes.js";

const page = readFileSync(new URL("../../../docs/audit-exports.md", import.meta.url), "utf8");

/** The lines between the marks of a table. */
function linesOf(name: string): string[] {
  const part = page.split(`<!-- table: ${name} -->`)[1]?.split("<!-- end -->")[0] ?? "";
  return part.split("\n").filter((line) => line !== "");
}

function rowsOf(name: string): string[][] {
  const cells = (line: string): string[] =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
  return linesOf(name).slice(2).map(cells);
}

test("docs/audit-exports.md has the table of OCSF classes that the code has", () => {
  expect(rowsOf("ocsf")).toEqual(ocsfTable());
});

test("docs/audit-exports.md has the findings of an import that the code has", () => {
  expect(rowsOf("findings")).toEqual(findingsTable());
  expect(linesOf("limits")).toEqual(FORMAT_LIMITS.map((limit) => `- ${limit}`));
});
