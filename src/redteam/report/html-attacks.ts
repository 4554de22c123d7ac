import { chartSvg } from "./chart.js";
import type { AttackReport, RedTeamData } from "./data.js";
import { element } from "./markup.js";
import type { Content, Markup } from "./markup.js";
import { sentencesFor } from "./missing.js";
import { amountText } from "./words.js";

/** Charts in one page. */
const MAX_CARDS = 300;

/** The place of an attack in the page, to link to. */
export function anchorOf(index: number): string {
  return `attack-${index + 1}`;
}

/** A chart and a description for each attack; where there are too many, for those that were missed first. */
export function attackCards(data: RedTeamData): Content | null {
  const { attacks } = data;
  if (attacks.length === 0) return null;
  const places = shownAttacks(attacks);
  const cards = attacks.map((attack, i) =>
    places.has(i) ? [card(attack, anchorOf(i), sentencesFor(data, attack.id)), "\n"] : [],
  );
  const left = attacks.length - places.size;
  return [
    legend(),
    element("div", { class: "attacks" }, cards),
    left === 0 ? [] : element("p", { class: "soft" }, `${left} more are in the table only.`),
  ];
}

/** Indexes of the attacks that have a card. */
export function shownAttacks(attacks: readonly AttackReport[]): ReadonlySet<number> {
  const indexes = attacks.map((_, i) => i);
  if (indexes.length <= MAX_CARDS) return new Set(indexes);
  const bad = indexes.filter((i) => attacks[i]!.missed > 0 || attacks[i]!.problems > 0);
  const good = indexes.filter((i) => !bad.includes(i));
  return new Set([...bad, ...good].slice(0, MAX_CARDS));
}

function legend(): Markup {
  return element(
    "p",
    {},
    element("span", { class: "key-with" }, "— with Rein"),
    ", ",
    element("span", { class: "key-without" }, "- - without"),
    ", ",
    element(
      "span",
      { class: "soft" },
      "· · tolerable; virtual time since the attack began, the worst of the seeds",
    ),
  );
}

function card(attack: AttackReport, id: string, sentences: readonly string[] | null): Markup {
  const { title, story, unit, tolerable, chart, missed, problems } = attack;
  const state = missed > 0 ? "missed" : problems > 0 ? "problem" : "contained";
  const tone = { missed: "bad", problem: "warn", contained: "good" }[state];
  return element(
    "article",
    { id, "aria-labelledby": `${id}-h` },
    element("h3", { id: `${id}-h` }, title, " ", element("span", { class: tone }, `(${state})`)),
    chart === null
      ? []
      : element(
          "figure",
          {},
          chartSvg({ chart, unit, tolerable, id, title: `Damage over time: ${title}` }),
          element("figcaption", {}, `${unit}; ${amountText(tolerable)} is tolerable; seed ${chart.seed}`),
        ),
    element("p", {}, story),
    element("p", { class: "soft" }, `${attack.owasp.join(", ")}. Source: `, linked(attack.source)),
    missed === 0 ? [] : element("p", {}, takes(sentences)),
  );
}

/** What contains it. */
function takes(sentences: readonly string[] | null): Content {
  if (sentences === null) return "What its author proposes does not contain it.";
  return ["It takes: ", sentences.map((each) => [element("code", {}, each), " "])];
}

/** Addresses in a text become links. */
function linked(text: string): Content {
  return text
    .split(/(https?:\/\/[^\s<>"'`]*[^\s<>"'`.,;:)])/)
    .map((part, i) => (i % 2 === 1 ? element("a", { href: part, rel: "noreferrer" }, part) : part));
}
