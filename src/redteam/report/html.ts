import type { Bars } from "../grade.js";
import { sumOfCounts } from "./attacks.js";
import type { RedTeamData } from "./data.js";
import { attackCards } from "./html-attacks.js";
import { STYLE } from "./html-style.js";
import { attacksTable, domainTable, honestTables, mutationsTable, owaspTable } from "./html-tables.js";
import { element } from "./markup.js";
import type { Content, Markup } from "./markup.js";
import { containsText, SENTENCES_NOTE, unremediedText } from "./missing.js";
import { shortfallsOf } from "./shortfalls.js";
import { movesText } from "./traces.js";
import { amountText, counted, shareText } from "./words.js";

/** The report as one HTML file that loads nothing and runs nothing; what others wrote is escaped. */
export function htmlOf(data: RedTeamData, bars: Bars): string {
  const page = element(
    "html",
    { lang: "en" },
    element(
      "head",
      {},
      element("meta", { charset: "utf-8" }),
      element("meta", {
        "http-equiv": "Content-Security-Policy",
        content: "default-src 'none'; style-src 'unsafe-inline'",
      }),
      element("meta", { name: "viewport", content: "width=device-width, initial-scale=1" }),
      element("title", {}, `Red team: grade ${data.grade.letter ?? "none"}`),
      // A fixed text without any character that would have to be escaped.
      element("style", {}, { markup: STYLE }),
    ),
    "\n",
    element("body", {}, header(data), "\n", element("main", {}, sections(data, bars)), "\n"),
  );
  return `<!DOCTYPE html>\n${page.markup}\n`;
}

function header({ software, engine, seed, seeds, policy }: RedTeamData): Markup {
  const seedText = seeds === 1 ? `seed ${seed}` : `seeds ${seed} to ${seed + seeds - 1}`;
  return element(
    "header",
    {},
    element("h1", {}, "Red team"),
    element(
      "p",
      { class: "soft" },
      `${software}, engine ${engine}, ${seedText}, policy `,
      element("code", {}, policy.digest),
    ),
  );
}

function sections(data: RedTeamData, bars: Bars): Content {
  return [
    figures(data),
    verdict(data, bars),
    section("Sentences to add", sentences(data)),
    section("Attacks", attacksTable(data)),
    section("By OWASP entry", owaspTable(data)),
    section("By domain", domainTable(data)),
    section("Honest work", honestTables(data)),
    section("Damage over time", attackCards(data)),
    section("Mutations", mutationsTable(data)),
    section("The worst that a search found", traces(data.hunts)),
    section("The shortest ways to what was missed", traces(data.shortest)),
    section("These proved nothing", problems(data)),
    section("The policy", rules(data)),
  ];
}

/** Nothing where there is nothing to say. */
function section(title: string, content: Content | null): Content {
  return content === null ? [] : [element("section", {}, element("h2", {}, title), content), "\n"];
}

function figures({ grade, honest, attacks, seeds }: RedTeamData): Markup {
  const { contained, missed } = sumOfCounts(attacks);
  const { letter, score, catchRate, honestShare, falseStopsPerThousand: stops } = grade;
  const tone = letter === "A" || letter === "B" ? "good" : letter === "F" ? "bad" : "warn";
  const figure = (name: string, value: string, note: string, mark?: string): Markup =>
    element(
      "div",
      {},
      element("dt", {}, name),
      element("dd", { class: mark }, value, element("small", {}, note)),
    );
  return element(
    "dl",
    { class: "figures" },
    figure("Grade", letter ?? "none", shareText(score), tone),
    figure(
      "Caught",
      shareText(catchRate),
      `${amountText(contained)} of ${counted(contained + missed, seeds === 1 ? "attack" : "run")}`,
    ),
    figure("Honest work done", shareText(honestShare), counted(honest.approvals, "approval") + " by people"),
    figure(
      "False stops in a thousand",
      stops === null ? "–" : amountText(stops),
      `${amountText(honest.stopped)} of ${counted(honest.sessions, "session")}`,
    ),
  );
}

function verdict(data: RedTeamData, bars: Bars): Content {
  const shortfalls = shortfallsOf(data, bars);
  if (shortfalls.length === 0) return element("p", { class: "verdict good" }, "The policy passes.");
  return [
    element("p", { class: "verdict bad" }, "The policy does not pass:"),
    element(
      "ul",
      {},
      shortfalls.map((sentence) => element("li", {}, sentence)),
    ),
  ];
}

function sentences(data: RedTeamData): Content | null {
  const { missing } = data;
  const unremedied = unremediedText(data);
  if (missing.length === 0 && unremedied === null) return null;
  const items = missing.map((entry) =>
    element(
      "li",
      {},
      entry.sentences.map((sentence) => [element("code", {}, sentence), element("br")]),
      element("span", { class: "soft" }, containsText(entry)),
    ),
  );
  return [
    missing.length === 0 ? [] : [element("ul", {}, items), element("p", {}, SENTENCES_NOTE)],
    unremedied === null ? [] : element("p", { class: "warn" }, unremedied),
  ];
}

function traces(all: RedTeamData["hunts"]): Content | null {
  if (all.length === 0) return null;
  return all.map((trace) => {
    const { attack, damage, without, unit, contained, strategy, steps } = trace;
    const amounts = `${amountText(damage)} ${unit} of ${amountText(without)} without Rein`;
    return element(
      "details",
      {},
      element(
        "summary",
        {},
        element("code", {}, attack),
        `: ${amounts}, ${movesText(trace)}, `,
        element(
          "span",
          { class: contained ? "good" : "bad" },
          contained ? "tolerable" : "more than tolerable",
        ),
      ),
      strategy === undefined ? [] : element("p", {}, strategy),
      element(
        "ol",
        {},
        steps.map((step) => element("li", {}, step)),
      ),
    );
  });
}

function problems({ problems: all }: RedTeamData): Content | null {
  if (all.length === 0) return null;
  const items = all.map(({ id, mutation, seed, problem }) => {
    const name = mutation === undefined ? id : `${id} with ${mutation}`;
    return element("li", {}, element("code", {}, name), `, seed ${seed}: ${problem}`);
  });
  return element("ul", {}, items);
}

function rules({ policy }: RedTeamData): Content {
  if (policy.rules.length === 0) return element("p", {}, "It has no rules.");
  const items = policy.rules.map(({ id, sentence }) =>
    element("li", {}, element("code", {}, id), `: ${sentence}`),
  );
  return element("ul", {}, items);
}
