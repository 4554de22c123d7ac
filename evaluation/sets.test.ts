import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { SETS } from "./sets.js";

test("every folder of sets/ is a registered set of that name", () => {
  const folders = readdirSync(new URL("sets", import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  expect(SETS.map(({ set }) => set.id).sort()).toEqual(folders.sort());
});
