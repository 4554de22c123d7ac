import { worstOf } from "./attacks.js";
import type { AttackReport, RedTeamData } from "./data.js";
import { folded } from "./honest.js";
import { anchorOf, shownAttacks } from "./html-attacks.js";
import { element } from "./markup.js";
import type { Content, Markup } from "./markup.js";
import { amountText, counted, shareText, timeText } from "./words.js";

interface Table {
  readonly caption: string;
  readonly head: readonly string[];
  /** The first cell names the row. */
  readonly rows: readonly (readonly Content[])[];
  /** Columns of numbers. */
  readonly numbers: readonly number[];
}

export function attacksTable({ attacks }: RedTeamData): Content | null {
  if (attacks.length === 0) return null;
  const shown = shownAttacks(attacks);
  return table({
    caption: "Where there are several seeds, the numbers are those of the worst.",
    head: ["Attack", "OWASP", "Verdict", "Damage", "Without Rein", "Unit", "No damage after", "Stopped by"],
    rows: attacks.map((attack, i) => attackRow(attack, shown.has(i) ? anchorOf(i) : null)),
    numbers: [3, 4],
  });
}

function attackRow(attack: AttackReport, anchor: string | null): readonly Content[] {
  const { id, owasp, unit, trials } = attack;
  const name = anchor === null ? id : element("a", { href: `#${anchor}` }, id);
  const worst = worstOf(trials);
  if (worst === null) return [name, owasp.join(", "), "not tried", "", "", "", "", ""];
  const { damage, without, containedAfterMs, containedAfterActs, stoppedBy } = worst;
  const after =
    containedAfterMs === null || containedAfterActs === null
      ? "never"
      : `${timeText(containedAfterMs)}, ${counted(containedAfterActs, "act")}`;
  return [
    ...[name, owasp.join(", "), verdictOf(attack), amountText(damage), amountText(without), unit, after],
    stoppedBy === null ? "nothing" : element("code", {}, stoppedBy),
  ];
}

function verdictOf({ missed, problems, contained, trials }: AttackReport): Markup {
  const of = (count: number): string => (trials.length === 1 ? "" : ` ${count} of ${trials.length}`);
  if (missed > 0) return element("span", { class: "bad" }, `missed${of(missed)}`);
  if (problems > 0) return element("span", { class: "warn" }, `problem${of(problems)}`);
  return element("span", { class: "good" }, `contained${of(contained)}`);
}

export function owaspTable({ byOwasp }: RedTeamData): Content | null {
  if (byOwasp.length === 0) return null;
  return table({
    caption: "OWASP Top 10 for Agentic Applications 2026; an attack can be in several entries.",
    head: ["Entry", "Attacks", "Trials contained", "Share"],
    rows: byOwasp.map(({ id, title, attacks, contained, missed, catchRate }) => [
      ...[`${id} ${title}`, amountText(attacks)],
      ...[`${amountText(contained)} of ${amountText(contained + missed)}`, shareText(catchRate)],
    ]),
    numbers: [1, 2, 3],
  });
}

export function domainTable({ byDomain }: RedTeamData): Content | null {
  if (byDomain.length === 0) return null;
  return table({
    caption: "What kind of agent it is about.",
    head: ["Domain", "Attacks", "Trials contained", "Honest sessions", "Stopped", "Work done"],
    rows: byDomain.map(({ id, attacks, contained, missed, sessions, stopped, honestShare }) => [
      ...[id, amountText(attacks), `${amountText(contained)} of ${amountText(contained + missed)}`],
      ...[amountText(sessions), amountText(stopped), shareText(honestShare)],
    ]),
    numbers: [1, 2, 3, 4, 5],
  });
}

export function mutationsTable({ mutations }: RedTeamData): Content | null {
  if (mutations.length === 0) return null;
  return table({
    caption: "Each attack, carried out in another way; harmless: nothing was left of it.",
    head: ["Mutation", "Contained", "Harmless", "Got past only like this"],
    rows: mutations.map(({ title, contained, missed, harmless: none, gotPast }) => [
      ...[title, `${amountText(contained)} of ${amountText(contained + missed)}`, amountText(none)],
      gotPast.length === 0 ? "none" : element("span", { class: "bad" }, gotPast.join(", ")),
    ]),
    numbers: [1, 2],
  });
}

export function honestTables({ honest }: RedTeamData): Content | null {
  if (honest.kinds.length === 0) return null;
  const kinds = table({
    caption: "Agents that do what they are for, and obey refusals; stopped: an act had to be given up.",
    head: ["Work", "Domain", "Sessions", "Stopped", "Acts done", "Approvals"],
    rows: folded(honest.kinds).map(({ title, domain, sessions, stopped, wanted, done, approvals }) => [
      ...[title, domain, amountText(sessions), amountText(stopped)],
      ...[`${amountText(done)} of ${amountText(wanted)}`, amountText(approvals)],
    ]),
    numbers: [2, 3, 4, 5],
  });
  if (honest.rules.length === 0) return kinds;
  const rules = table({
    caption: "What stood in its way; refusals that passed later are counted, too.",
    head: ["Rule", "Sessions stopped", "Refusals", "Said"],
    rows: honest.rules.map(({ rule, sessions, refusals, example }) => [
      ...[element("code", {}, rule), amountText(sessions), amountText(refusals), example],
    ]),
    numbers: [1, 2],
  });
  return [kinds, rules];
}

/** In a box that scrolls by itself, also by keyboard. */
function table({ caption, head, rows, numbers }: Table): Markup {
  const classOf = (column: number): string | undefined => (numbers.includes(column) ? "number" : undefined);
  return element(
    "div",
    { class: "wide", tabindex: 0, role: "region", "aria-label": caption },
    element(
      "table",
      {},
      element("caption", {}, caption),
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          head.map((name, i) => element("th", { scope: "col", class: classOf(i) }, name)),
        ),
      ),
      element(
        "tbody",
        {},
        rows.map((cells) => [
          "\n",
          element(
            "tr",
            {},
            cells.map((cell, i) =>
              i === 0 ? element("th", { scope: "row" }, cell) : element("td", { class: classOf(i) }, cell),
            ),
          ),
        ]),
      ),
    ),
  );
}
