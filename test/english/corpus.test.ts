import { beforeAll, describe, expect, test } from "vitest";
import { compilePolicy } from "../../src/index.js";
import { describeRule } from "../../src/policy/english/print.js";
import { CORPUS } from "./corpus/index.js";
import type { Entry } from "./entry.js";
import { isFulfilled, isSameRule, verdictOf } from "./verdict.js";
import type { Verdict } from "./verdict.js";

interface Judged {
  readonly group: string;
  readonly entry: Entry;
  readonly verdict: Verdict;
}

const ALL = Object.entries(CORPUS).flatMap(([group, entries]) => entries.map((entry) => ({ group, entry })));

const judged: Judged[] = [];

beforeAll(async () => {
  for (const { group, entry } of ALL) judged.push({ group, entry, verdict: await verdictOf(entry) });
  console.log(`${tableOf(judged)}\n\n${failuresOf(judged)}`);
}, 120_000);

const withDuty = (duty: Entry["duty"]): Judged[] => judged.filter(({ entry }) => entry.duty === duty);

describe("sentences as operators say them", () => {
  test("there are many of them, a third and more to be refused, and none is there twice with two duties", () => {
    const duties = new Map<string, string>();
    for (const { entry } of ALL) {
      expect(duties.get(entry.text) ?? entry.duty, entry.text).toBe(entry.duty);
      duties.set(entry.text, entry.duty);
    }
    expect(duties.size).toBeGreaterThanOrEqual(400);
    const refused = [...duties.values()].filter((duty) => duty === "refuse").length;
    expect(refused * 3).toBeGreaterThanOrEqual(duties.size);
  });

  test("none is misread", () => {
    const misread = judged.flatMap(({ entry, verdict }) =>
      verdict.is === "misread" ? [`${short(entry)}: ${verdict.difference}`] : [],
    );
    expect(misread).toEqual([]);
  });

  test("at least 95 of 100 that are plain do exactly what they say", () => {
    const plain = withDuty("accept");
    const right = plain.filter(({ verdict }) => verdict.is === "right");
    expect(right.length / plain.length).toBeGreaterThanOrEqual(0.95);
  });

  test("all that nobody can be sure of are refused", () => {
    const read = withDuty("refuse").filter(({ verdict }) => verdict.is !== "refused");
    expect(read.map(({ entry }) => short(entry))).toEqual([]);
  });

  test("what a rule reads as in our English is read back as the same rule", () => {
    const lost = judged.flatMap(({ entry, verdict }) => {
      if (verdict.is === "refused" || verdict.rule === undefined) return [];
      const english = describeRule(verdict.rule);
      const { rules, unparsed } = compilePolicy([english], { partial: true });
      const [again] = rules;
      if (again !== undefined && isSameRule(again, verdict.rule) && describeRule(again) === english)
        return [];
      return [`${short(entry)} is printed as "${english}", ${unparsed[0]?.reason ?? JSON.stringify(again)}`];
    });
    expect(lost).toEqual([]);
  });

  test("a refusal says why, and what it suggests can be read", () => {
    const bad = judged.flatMap(({ entry, verdict }) => {
      if (verdict.is !== "refused") return [];
      return verdict.issues.flatMap(({ message, didYouMean = [] }) => [
        ...(message.length > 10 ? [] : [`${short(entry)} is refused with "${message}"`]),
        ...didYouMean.flatMap((suggested) =>
          compilePolicy([suggested], { partial: true }).unparsed.map(
            ({ reason }) => `${short(entry)} suggests "${suggested}": ${reason}`,
          ),
        ),
      ]);
    });
    expect(bad).toEqual([]);
  });

  test("where a sentence that works is near, it is suggested", () => {
    const silent = judged.filter(
      ({ entry, verdict }) => entry.near === true && verdict.is === "refused" && !suggests(verdict),
    );
    expect(silent.map(({ entry }) => short(entry))).toEqual([]);
  });
});

function suggests(verdict: Verdict): boolean {
  return verdict.is === "refused" && verdict.issues.some(({ didYouMean = [] }) => didYouMean.length > 0);
}

function tableOf(all: readonly Judged[]): string {
  const rows = [...Object.keys(CORPUS), "all"].map((group) => {
    const of = all.filter((one) => group === "all" || one.group === group);
    const count = (is: Verdict["is"]): number => of.filter(({ verdict }) => verdict.is === is).length;
    const must = of.filter(({ entry }) => entry.duty === "accept");
    const read = must.filter(({ verdict }) => verdict.is === "right");
    const share = must.length === 0 ? "" : `${Math.round((100 * read.length) / must.length)} %`;
    const hinted = of.filter(({ verdict }) => suggests(verdict)).length;
    return [group, of.length, count("right"), count("refused"), count("misread"), share, hinted].map(String);
  });
  const head = ["", "sentences", "right", "refused", "misread", "plain ones right", "suggests"];
  return [head, ...rows]
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(26) : cell.padStart(head[i]!.length))).join("  "),
    )
    .join("\n");
}

function failuresOf(all: readonly Judged[]): string {
  const lines = all.flatMap(({ group, entry, verdict }) => {
    if (isFulfilled(entry, verdict)) return [];
    const why =
      verdict.is === "refused"
        ? `refused: ${verdict.issues.map(({ message }) => message).join("; ")}`
        : verdict.is === "misread"
          ? `MISREAD: ${verdict.difference}${verdict.rule === undefined ? "" : `\n      as ${JSON.stringify(verdict.rule)}`}`
          : "";
    return [`${group}: ${short(entry)}\n    ${why}`];
  });
  return lines.length === 0 ? "no failures" : `${lines.length} failures:\n${lines.join("\n")}`;
}

function short({ text }: Entry): string {
  return JSON.stringify(text.length > 160 ? `${text.slice(0, 160)}…` : text);
}
