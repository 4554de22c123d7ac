import { describe, expect, test } from "vitest";
import { compilePolicy } from "../../policy/index.js";
import { ENGINE_VERSION } from "../../engine/index.js";
import { SOFTWARE } from "../../rein/version.js";
import type { Attack } from "../attack.js";
import type { Trial } from "../run-attack.js";
import type { WorkResult } from "../run-work.js";
import { redTeamReport } from "./report.js";
import type { RedTeamFormat, RedTeamReport } from "./report.js";

/** What somebody might write to break a page, a document or a terminal. */
const HOSTILE = `</title><script>alert("1")</script> ]]> & <img src=x onerror='x'> \u001b[31m\u202e\u0000\ud800 "x" 'y'`;
const FORMATS: readonly RedTeamFormat[] = ["terminal", "json", "junit", "html"];

const ATTACK: Attack = {
  id: "cost-bomb",
  title: "$200 of model calls",
  story: "It splits its task into hundreds of calls.",
  domains: ["llm"],
  owasp: ["ASI02"],
  source: "a report: https://example.com/a?b=1&c=2.",
  damage: { usd: 1 },
  unit: "USD",
  tolerable: 25,
  remedy: "Spend at most $20 a day",
  *run() {
    yield { do: "wait", ms: 1 };
  },
};

const CONTAINED: Trial = {
  ...{ attack: ATTACK, seed: 1, damage: 20, without: 200, contained: true, actsTried: 400, actsDone: 40 },
  ...{ containedAfterMs: 24_000, containedAfterActs: 41, stoppedBy: "daily-spend" },
  curve: [
    [600, 10],
    [23_000, 20],
  ],
  curveWithout: [
    [600, 10],
    [240_000, 200],
  ],
};
const MISSED: Trial = {
  ...CONTAINED,
  ...{ attack: { ...ATTACK, id: "slow-bleed" }, damage: 200, contained: false, stoppedBy: null },
  ...{ containedAfterMs: null, containedAfterActs: null, curve: CONTAINED.curveWithout },
};

const SESSION: WorkResult = {
  work: {
    ...{ id: "answers", title: "Answers questions", domain: "llm", wants: 10 },
    *run() {
      yield { do: "wait", ms: 1 };
    },
  },
  ...{ seed: 1, wanted: 10, done: 10, refused: [], stopped: false, approvals: 0, stoppedBy: null },
};

const GOOD = reportOf([CONTAINED], [SESSION]);
const BAD = reportOf([CONTAINED, MISSED], [{ ...SESSION, done: 4, stopped: true, stoppedBy: "daily-spend" }]);
const NASTY = nastyReport();

describe("every format", () => {
  test.each(FORMATS)("%s is the same for the same data", (format) => {
    expect(nastyReport().render(format)).toBe(NASTY.render(format));
  });

  test.each(FORMATS)("%s of thousands of trials takes no longer than a moment", (format) => {
    const trials = Array.from({ length: 3_000 }, (_, i) => ({
      ...MISSED,
      attack: { ...ATTACK, id: `attack-${i % 1_000}` },
      seed: i,
    }));
    const report = reportOf(trials, Array<WorkResult>(1_000).fill(SESSION));
    const before = performance.now();
    expect(report.render(format).length).toBeGreaterThan(1_000);
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  test("one that there is not is refused", () => {
    expect(() => GOOD.render("pdf" as never)).toThrow(expect.objectContaining({ field: "format" }));
  });
});

describe("for a terminal", () => {
  test("what matters is in it", () => {
    const text = BAD.render("terminal");
    for (const words of [
      ...[
        "grade",
        "slow-bleed",
        "200",
        "missed",
        "never",
        "Spend at most $20 a day",
        "daily-spend",
        "24s, 41 acts",
      ],
      ...["1 of 1 session, 1,000 in a thousand", "The policy does not pass:"],
    ]) {
      expect(text).toContain(words);
    }
    expect(GOOD.render("terminal")).toContain("The policy passes.");
  });

  test("lines fit into the width, and nothing of an attack's text can move the cursor", () => {
    for (const report of [GOOD, BAD, NASTY]) {
      const text = report.render("terminal", { width: 100 });
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e\ud800]/);
      for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(110);
    }
  });

  test("colours change no layout", () => {
    const mark = (text: string): string => `\u001b[1m${text}\u001b[0m`;
    const paint = { bold: mark, dim: mark, good: mark, bad: mark, warn: mark };
    const painted = BAD.render("terminal", { paint });
    expect(painted).toContain("\u001b[1m");
    expect(painted.replace(/\u001b\[\dm/g, "")).toBe(BAD.render("terminal"));
  });
});

describe("JUnit", () => {
  test("is well-formed, also with hostile text", () => {
    for (const report of [GOOD, BAD, NASTY, reportOf([], [])])
      expect(elementsOf(report.render("junit"))).not.toEqual([]);
  });

  test("each format says which software and which engine decided", () => {
    const { software, engine } = GOOD;
    expect([software, engine]).toEqual([SOFTWARE, ENGINE_VERSION]);
    expect(GOOD.render("terminal")).toContain(`${software}, engine ${engine}, seed`);
    expect(GOOD.render("html")).toContain(`${software}, engine ${engine}, seed`);
    expect(GOOD.render("junit")).toContain(`<property name="engine" value="${engine}">`);
    expect(JSON.parse(GOOD.render("json"))).toMatchObject({ software, engine });
  });

  test("what is missed or stopped is a failure, what proved nothing an error, what is harmless is skipped", () => {
    expect(GOOD.render("junit")).toContain(
      '<testsuites name="rein redteam" tests="3" failures="0" errors="0" skipped="0">',
    );
    expect(BAD.render("junit")).toContain('tests="4" failures="3" errors="0" skipped="0"');
    expect(BAD.render("junit")).toContain(
      'message="seed 1: damage 200 USD, 25 is tolerable and 200 is done without Rein" type="failure"',
    );
    const xml = NASTY.render("junit");
    expect(xml.match(/<error /g)).toHaveLength(2);
    expect(xml.match(/<skipped /g)).toHaveLength(1);
  });

  test("bars of one's own decide", () => {
    expect(BAD.render("junit", { bars: { minCatchRate: 0.5, maxFalseStopsPerThousand: 1000 } })).toContain(
      '<testcase classname="rein.redteam.bars" name="the policy passes" time="0"></testcase>',
    );
  });
});

describe("HTML", () => {
  test("is well-formed, also with hostile text", () => {
    for (const report of [GOOD, BAD, NASTY, reportOf([], [])])
      expect(elementsOf(report.render("html"))).not.toEqual([]);
  });

  test("loads nothing and runs nothing, whatever attacks are called", () => {
    for (const report of [BAD, NASTY]) {
      const names = elementsOf(report.render("html"));
      for (const { name, attributes } of names) {
        expect(["script", "img", "link", "iframe", "object", "embed", "base", "form"]).not.toContain(name);
        for (const attribute of attributes.keys()) expect(attribute).not.toMatch(/^on|^src|^style$|^data$/);
      }
      expect(report.render("html")).not.toMatch(/url\(|@import/);
    }
  });

  test("links lead to public addresses and to places in the page", () => {
    const elements = elementsOf(BAD.render("html"));
    const ids = elements.flatMap(({ attributes }) => attributes.get("id") ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    const links = elements
      .filter(({ name }) => name === "a")
      .map(({ attributes }) => attributes.get("href")!);
    expect(links).toContain("https://example.com/a?b=1&amp;c=2");
    for (const link of links.filter((each) => each.startsWith("#"))) expect(ids).toContain(link.slice(1));
    expect(links.every((link) => /^(?:#|https?:)/.test(link))).toBe(true);
  });

  test("each chart has a name and says in words what it shows", () => {
    const html = BAD.render("html");
    expect(html).toContain("With Rein: 20 USD after 23s. Without: 200 USD after 4m.");
    const elements = elementsOf(html);
    const ids = new Set(elements.map(({ attributes }) => attributes.get("id")));
    const charts = elements.filter(({ name }) => name === "svg");
    expect(charts).toHaveLength(2);
    for (const { attributes } of charts) {
      expect(attributes.get("role")).toBe("img");
      for (const id of attributes.get("aria-labelledby")!.split(" ")) expect(ids).toContain(id);
    }
    for (const { name, attributes } of elements)
      if (name === "th") expect(["row", "col"]).toContain(attributes.get("scope"));
  });

  test("a chart without any damage is drawn, too", () => {
    const still = { ...CONTAINED, damage: 0, curve: [], curveWithout: [], without: 0 };
    const html = reportOf([still], [SESSION]).render("html");
    expect(elementsOf(html)).not.toEqual([]);
    expect(html).not.toMatch(/NaN|Infinity/);
  });

  test("a thousand attacks make one page, with charts of those that were missed", () => {
    const trials = Array.from({ length: 1_000 }, (_, i) => ({
      ...(i === 999 ? MISSED : CONTAINED),
      attack: { ...ATTACK, id: `attack-${i}`, title: `Attack ${i}.` },
    }));
    const html = reportOf(trials, [SESSION]).render("html");
    expect(html.match(/<svg /g)).toHaveLength(300);
    expect(html).toContain("Damage over time: Attack 999.");
    expect(html).toContain("700 more are in the table only.");
  });
});

function reportOf(trials: readonly Trial[], works: readonly WorkResult[]): RedTeamReport {
  const policy = compilePolicy({
    id: "daily-spend",
    kind: "budget",
    measure: "usd",
    limit: 30,
    window: "1d",
  });
  const remedies = trials
    .filter(({ contained }) => !contained)
    .map(({ attack }) => ({ attack: attack.id, sentences: [attack.remedy], contains: true }));
  return redTeamReport({ policy, seed: 1, seeds: 1, domains: ["llm"], trials, remedies, works });
}

/** All that can be in a report, with hostile text wherever others write. */
function nastyReport(): RedTeamReport {
  const texts = { title: HOSTILE, story: HOSTILE, unit: HOSTILE };
  const attack: Attack = { ...ATTACK, ...texts, source: `https://x"${HOSTILE}` };
  const missed = { ...MISSED, attack, stoppedBy: HOSTILE };
  const problem = { ...CONTAINED, attack: { ...attack, id: HOSTILE }, contained: false, problem: HOSTILE };
  const work = { ...SESSION.work, title: HOSTILE };
  const refused = [{ code: "x", rule: HOSTILE, message: HOSTILE, retryable: false }];
  const action = { source: HOSTILE, series: HOSTILE, tags: { [HOSTILE]: HOSTILE } };
  const trace = {
    attack,
    seed: 1,
    damage: 100,
    without: 200,
    strategy: HOSTILE,
    isCapped: true,
    trials: 1,
    moves: [{ do: "act", action } as const],
  };
  return redTeamReport({
    ...{ policy: compilePolicy([]), seed: 1, seeds: 2, domains: ["llm"] },
    trials: [missed, problem],
    remedies: [{ attack: missed.attack.id, sentences: [HOSTILE], contains: true }],
    mutated: [
      { ...missed, mutation: HOSTILE },
      { ...problem, mutation: HOSTILE, harmless: true },
    ],
    ...{ hunts: [trace], shortest: [trace] },
    works: [
      { ...SESSION, work, refused, stopped: true, stoppedBy: HOSTILE },
      { ...SESSION, work, problem: HOSTILE },
    ],
  });
}

interface Tag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** Reads a document as strictly as XML is read; throws where it is not well-formed. */
function elementsOf(document: string): Tag[] {
  expect(document).not.toMatch(/[\u0000-\u0008\u000b-\u001f\ufffe\uffff]|\p{Cs}/u);
  const found: Tag[] = [];
  const open: string[] = [];
  let rest = document.replace(/^<\?xml version="1.0" encoding="UTF-8"\?>\n|^<!DOCTYPE html>\n/, "");
  while (rest !== "") {
    const text = /^[^<]+/.exec(rest)?.[0];
    if (text !== undefined) {
      if (open.length === 0) expect(text.trim()).toBe("");
      checkText(text);
      rest = rest.slice(text.length);
      continue;
    }
    const end = /^<\/([a-z]+[0-9]?)>/.exec(rest);
    if (end !== null) {
      expect(open.pop()).toBe(end[1]);
      rest = rest.slice(end[0].length);
      continue;
    }
    const start = /^<([a-z]+[0-9]?)((?: [a-zA-Z-]+="[^"<>]*")*)( \/)?>/.exec(rest);
    if (start === null) throw new Error(`no element: ${rest.slice(0, 100)}`);
    const pairs = [...start[2]!.matchAll(/ ([a-zA-Z-]+)="([^"]*)"/g)].map(
      (pair) => [pair[1]!, pair[2]!] as const,
    );
    const attributes = new Map(pairs);
    expect(attributes.size).toBe(pairs.length);
    [...attributes.values()].forEach(checkText);
    found.push({ name: start[1]!, attributes });
    if (start[3] === undefined) open.push(start[1]!);
    rest = rest.slice(start[0].length);
  }
  expect(open).toEqual([]);
  return found;
}

function checkText(text: string): void {
  expect(text.replace(/&(?:amp|lt|gt|quot|#39|#10);/g, "")).not.toContain("&");
}
