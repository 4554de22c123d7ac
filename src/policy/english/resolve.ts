import { compileGlobs, literalText } from "../../core/glob.js";
import { isWordGlob } from "../../core/words.js";
import type { RuleInput } from "../schema.js";
import type { Condition, Facet, Frame, Then, Window } from "./facets.js";
import type { Span } from "./lexer.js";
import { exact } from "./numbers.js";

/** Why a reading is no rule, and where. */
export interface Problem extends Span {
  readonly reason: string;
  readonly help?: string | undefined;
  /** Text to put in the place of the span, so that the sentence works. */
  readonly edits?: readonly string[];
  /** Rules that come near. */
  readonly instead?: readonly RuleInput[];
}

/** What a reading comes to: rules that it could mean (more than one: it has two meanings), or why it is none. */
export type Resolved = { readonly rules: readonly RuleInput[] } | { readonly problem: Problem };

type Facets = readonly Facet[];
type Of<K extends Facet["is"]> = Extract<Facet, { readonly is: K }>;
type Fields = Readonly<Record<string, unknown>>;

/** The smallest part of an amount. */
const LEAST = 0.000001;

class Refused extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.reason);
    this.problem = problem;
  }
}

/** Makes a rule of the phrases of one reading. */
export function resolve(facets: Facets): Resolved {
  try {
    const refused = facets.find((facet) => facet.is === "refuse");
    if (refused?.is === "refuse") return { problem: refused };
    const rules = clarify(facets).flatMap((reading) => new Reading(reading).rules());
    return { rules };
  } catch (error) {
    if (error instanceof Refused) return { problem: error.problem };
    throw error;
  }
}

/** "agents": each of them, or all together? Both, unless the sentence says. */
function clarify(facets: Facets): readonly Facets[] {
  const inObject = facets.find(
    (facet): facet is Of<"object"> =>
      facet.is === "object" && facet.facets.some(({ is }) => is === "unclear"),
  );
  if (inObject !== undefined) {
    const others = facets.filter((facet) => facet !== inObject);
    return clarify([...others, ...inObject.facets]).map((reading) => [
      { ...inObject, facets: [] },
      ...reading,
    ]);
  }
  const unclear = facets.find((facet): facet is Of<"unclear"> => facet.is === "unclear");
  if (unclear === undefined) return [eachOne(facets)];
  const rest = facets.filter((facet) => facet !== unclear && facet.is !== "apiece");
  const { start, end } = unclear;
  const each: Facets = [...rest, { is: "per", keys: [unclear.each], start, end }];
  if (facets.some(({ is }) => is === "apiece")) return clarify(each);
  if (facets.some(({ is }) => is === "together")) return clarify(rest);
  // A window leaves "in total" to say that it is about all of them.
  if (facets.some(({ is }) => is === "total") && facets.some(({ is }) => is === "window"))
    return clarify(rest);
  if (facets.some((facet) => facet.is === "per" && facet.keys.includes(unclear.each))) return clarify(rest);
  return [...clarify(each), ...clarify(rest)];
}

/** "each" at the end: of what was named, or of the actions. */
function eachOne(facets: Facets): Facets {
  const apiece = facets.find(({ is }) => is === "apiece");
  if (apiece === undefined) return facets;
  const rest = facets.filter(({ is }) => is !== "apiece");
  const { start, end } = apiece;
  const list = rest.flatMap((facet) =>
    facet.is === "condition" && facet.condition.is === "series" && facet.condition.globs.length > 1
      ? facet.condition.globs
      : [],
  );
  if (list.some((glob) => isWordGlob(glob)))
    throw new Refused({
      start,
      end,
      reason: "each of these words can mean several tools",
      help: "write one rule for each",
    });
  if (list.length > 0) return [...rest, { is: "per", keys: ["series"], start, end }];
  if (rest.some(({ is }) => is === "per")) return rest;
  const isSum = rest.some((facet) => facet.is === "limit" && facet.unit.of === "measure");
  if (isSum && !rest.some(({ is }) => is === "window")) return [...rest, { is: "single", start, end }];
  throw new Refused({
    start,
    end,
    reason: "each of what?",
    help: "write `per agent`, `per tool` or `per recipient`",
  });
}

/** What every sentence may say, whatever it is about. */
const COMMON: readonly Facet["is"][] = [
  "frame",
  "then",
  "condition",
  "except",
  "for",
  "untilResumed",
  "mode",
  "per",
  "together",
  "object",
  "all",
];
/** What else each may say. A phrase that no field of the rule says is a reason to refuse. */
const ALLOWED: Readonly<Record<Frame, readonly Facet["is"][]>> = {
  limit: ["limit", "window", "timeZone", "total", "burst", "inFlight", "single", "assume", "sum"],
  concurrency: ["limit", "inFlight"],
  deny: ["conditional"],
  allow: [],
  allowOnly: ["conditional", "bareOnly"],
  onlyWho: [],
  ask: [],
  size: ["limit", "single", "sum"],
  timeout: ["duration", "single"],
  loss: ["percent", "money", "from", "account"],
  floor: ["money", "account"],
  errors: ["times", "probes"],
  errorRate: ["percent", "window", "minCalls", "probes"],
  stale: ["signal", "duration"],
  denials: ["percent", "window", "minCalls"],
  newcomers: ["times", "of", "window"],
  runaway: ["times"],
  loop: ["times", "maxPeriod"],
  score: ["setting"],
};

/** Kinds whose rules have no counter: `per` would only narrow a halt. */
const UNCOUNTED: ReadonlySet<Frame> = new Set([
  "deny",
  "allow",
  "allowOnly",
  "onlyWho",
  "ask",
  "size",
  "timeout",
  "score",
]);
const ACCOUNTS: ReadonlySet<Frame> = new Set(["loss", "floor", "stale"]);

class Reading {
  readonly #facets: Facets;
  readonly #frame: Of<"frame">;
  readonly #whole: Span;

  constructor(given: Facets) {
    const facets = given.flatMap((facet) => (facet.is === "object" ? [facet, ...facet.facets] : [facet]));
    this.#facets = facets;
    const frame = this.#all("frame");
    const [first] = frame;
    if (first === undefined || frame.some((other) => other.frame !== first.frame))
      throw new Refused({
        ...spanOf(facets),
        reason: "it says two things at once",
        help: "write one rule a line",
      });
    this.#frame = first;
    this.#whole = spanOf(facets);
  }

  rules(): RuleInput[] {
    const { frame } = this.#frame;
    const allowed = ALLOWED[frame];
    const extra = this.#facets.find(({ is }) => !COMMON.includes(is) && !allowed.includes(is));
    if (extra !== undefined)
      this.#fail(extra, "this has no meaning here", "leave it out, or write it as a rule of its own");
    const bodies = this.#bodies();
    return bodies
      .map((body) => {
        const { match: own, ...fields } = body;
        const match = own ?? this.#match();
        const rule: Fields = { ...fields, ...(Object.keys(match).length > 0 && { match }) };
        return { ...rule, ...this.#common(frame, rule) } as unknown as RuleInput;
      })
      .flatMap((rule) => this.#stopped(rule));
  }

  /**
   * What is stopped, where that is more than what is counted: "Halt any agent that sends more than 20 emails an hour"
   * counts emails and halts the agent.
   */
  #stopped(rule: RuleInput): RuleInput[] {
    const [object] = this.#all("object");
    if (object === undefined) return [rule];
    const { frame } = this.#frame;
    const foreign =
      object.object === "who" &&
      counts(frame) &&
      this.#facets.some(
        (facet) =>
          !object.facets.includes(facet) &&
          (facet.is === "per" || (facet.is === "condition" && facet.condition.is === "source")) &&
          facet.start > object.end,
      );
    const isForeignTo =
      object.object === "things" &&
      object.isRelative !== true &&
      counts(frame) &&
      this.#facets.some(
        (facet) =>
          !object.facets.includes(facet) &&
          facet.is === "condition" &&
          facet.condition.is === "source" &&
          facet.start > object.end,
      );
    if (isForeignTo)
      this.#fail(
        object,
        "what is stopped is not what is counted",
        "write one rule about the one, or the other",
      );
    if (foreign)
      this.#fail(
        object,
        "who is stopped is not who is counted",
        "say `it` for the one that is counted: When a tool fails 5 times in a row, pause it for 5 minutes",
      );
    if (ACCOUNTS.has(frame) && object.facets.some(({ is }) => is === "per"))
      this.#fail(
        object,
        "a balance or a signal belongs to no agent, so it stops everything, or a type of action",
        "write `Halt everything when …`, or `Halt trading when …`",
      );
    const {
      then = "block",
      per,
      match,
    } = rule as Fields as { readonly then?: Then; readonly per?: readonly string[]; readonly match?: Fields };
    if (frame === "timeout" && object.facets.some(({ is }) => is === "per"))
      this.#fail(
        object,
        "it is not the agent that runs, but its calls",
        "write: Kill any call that runs longer than 2 minutes",
      );
    if (frame === "timeout" && then === "halt" && (object.object === "it" || object.isRelative === true)) {
      // "Kill any call that runs longer": it is the call that ends.
      const { then: _then, ...ending } = rule as Fields;
      return [ending as unknown as RuleInput];
    }
    if (then === "alert" || then === "approve" || frame === "timeout") return [rule];
    const own = object.facets.flatMap((facet) => (facet.is === "condition" ? [facet.condition.is] : []));
    const fields = Object.keys(match ?? {}).filter((field) => field !== "except");
    const isNarrow =
      fields.some(
        (field) =>
          field !== "source" &&
          !own.includes(field as Condition["is"]) &&
          field !== "regime" &&
          field !== "schedule",
      ) ||
      (match?.["except"] !== undefined && !ACCOUNTS.has(frame));
    const isKeyed = per !== undefined;
    const ownsKey = object.facets.some(({ is }) => is === "per");
    const halting = (halts: "key" | "all"): RuleInput => ({ ...rule, halts });
    const cannot = (): never => {
      const { start, end } = object;
      const keyed = { ...rule, then: "halt", halts: isKeyed ? "key" : "all" } as unknown as RuleInput;
      throw new Refused({
        start,
        end,
        reason: "what is stopped is more than what is counted, which only a halt can do",
        help: "write `halt` in its place, or cap what is counted",
        instead: [keyed, rule],
      });
    };
    switch (object.object) {
      case "offender":
        return then === "halt" ? [halting("key")] : cannot();
      case "things":
        if (
          counts(frame) &&
          object.isRelative !== true &&
          this.#facets.some(
            (facet) => (facet.is === "per" || facet.is === "together") && !object.facets.includes(facet),
          )
        )
          this.#fail(
            object,
            "what is stopped is not what is counted",
            "write one rule about the one, or the other",
          );
        if (counts(frame) && frame === "limit" && object.isRelative !== true && !this.#counts(object))
          this.#fail(
            object,
            "what is stopped is not what is counted",
            "name what is counted, such as: Halt when trading spends more than $50 per day",
          );
        return [rule];
      case "everything":
        if (!isNarrow && !isKeyed) return [rule];
        return then === "halt" ? [halting("all")] : frame === "deny" ? [rule] : cannot();
      case "none":
        if (then !== "halt" || (!isNarrow && !isKeyed) || isActions(object)) return [rule];
        return [rule, halting("all")];
      case "it":
      case "who": {
        if (!isNarrow) return [rule];
        if (frame === "deny" && then === "block") return [rule];
        if (then !== "halt") return cannot();
        if (isKeyed && (per.includes("source") || ownsKey || object.object === "it")) return [halting("key")];
        return [{ ...halting("key"), per: ["source"] }];
      }
    }
  }

  /** Whether the trigger names the same actions that are stopped. */
  #counts(object: Of<"object">): boolean {
    const own = object.facets.find((facet) => facet.is === "condition" && facet.condition.is === "series");
    const named = this.#all("condition").filter(({ condition }) => condition.is === "series");
    return named.some((facet) => facet !== own);
  }

  /** The fields of each kind; several where the words have several meanings. */
  #bodies(): Fields[] {
    switch (this.#frame.frame) {
      case "limit":
      case "concurrency":
        return this.#limit();
      case "deny":
        return this.#deny();
      case "allowOnly":
        return this.#allowOnly();
      case "allow":
        return [{ kind: "access", effect: "allow" }];
      case "onlyWho":
        return this.#onlyWho();
      case "ask":
        return [{ kind: "access", effect: "approve" }];
      case "size":
        return this.#size();
      case "timeout":
        return [{ kind: "timeout", limit: this.#one("duration", "a time")?.duration }];
      case "loss":
        return [this.#loss()];
      case "floor":
        return [this.#floor()];
      case "errors":
        return [{ kind: "errors", consecutive: this.#times(0, 1), ...this.#probes() }];
      case "errorRate":
        return [
          {
            kind: "errors",
            ratePct: this.#percent(LEAST, 0),
            window: this.#rolling(),
            ...this.#minCalls(),
            ...this.#probes(),
          },
        ];
      case "stale":
        return [
          {
            kind: "stale",
            signal: this.#one("signal", "a signal")?.signal,
            maxAge: this.#one("duration", "an age")?.duration,
          },
        ];
      case "denials":
        return [
          {
            kind: "denials",
            ratePct: this.#percent(0, -LEAST),
            window: this.#rolling(),
            ...this.#minCalls(),
          },
        ];
      case "newcomers":
        return [
          {
            kind: "newcomers",
            of: this.#one("of", "what is new")?.key,
            limit: this.#times(-1, 0),
            window: this.#rolling(),
          },
        ];
      case "runaway":
        return [{ kind: "runaway", multiple: this.#one("times", "a multiple")?.times }];
      case "loop": {
        const period = this.#one("maxPeriod")?.maxPeriod;
        return [
          { kind: "loop", repeats: this.#times(0, 1), ...(period !== undefined && { maxPeriod: period }) },
        ];
      }
      case "score":
        return [this.#score()];
    }
  }

  #limit(): Fields[] {
    const given = this.#one("limit", "a number");
    if (given === undefined) return [];
    const limit = this.#inUnits(given);
    const isSingle = this.#has("single");
    const isParallel = this.#has("inFlight");
    const sides = this.#amounts(limit);
    if (isSingle) {
      if (isParallel) this.#fail(limit, "a limit for one action has nothing to do with how many run at once");
      return this.#size();
    }
    if (isParallel) {
      if (limit.unit.of === "measure")
        this.#fail(
          limit,
          "what runs at once is counted in actions",
          "write for instance: at most 3 calls at once",
        );
      this.#mustNot("window", "a limit on what runs at once has no window", "leave the window out");
      this.#mustNot("burst", "a limit on what runs at once has no bursts", "leave the bursts out");
      return sides.map((amount) => ({ kind: "concurrency", limit: amount }));
    }
    const window = this.#window(limit);
    const burst = this.#one("burst")?.amount;
    const sum = this.#all("sum")[0];
    if (sum !== undefined && limit.unit.of === "actions")
      this.#fail(limit, `\`${limit.amount}\` of what?`, "write the unit: `$50`, `100k tokens`");
    if (limit.unit.of === "measure") {
      if (burst !== undefined)
        this.#fail(this.#all("burst")[0], "bursts belong to a number of actions, not to a sum");
      const assume = this.#one("assume");
      const { measure } = limit.unit;
      if (assume !== undefined && assume.measure !== measure)
        this.#fail(assume, "what is assumed must be in the measure of the limit");
      return sides.map((amount) => ({
        kind: "budget",
        measure,
        limit: amount,
        window,
        ...(assume !== undefined && { assume: assume.amount }),
      }));
    }
    this.#mustNot("assume", "an action always counts as one, so nothing is assumed");
    if (typeof window === "string" && window !== "forever")
      return sides.map((amount) => ({
        kind: "rate",
        limit: amount,
        window,
        ...(burst !== undefined && { burst }),
      }));
    if (burst !== undefined)
      this.#fail(this.#all("burst")[0], "bursts need a window that rolls, such as `per minute`");
    return sides.map((amount) => ({ kind: "budget", measure: "calls", limit: amount, window }));
  }

  /** "Tokens per call: at most 8k": the subject has the unit. */
  #inUnits(limit: Of<"limit">): Of<"limit"> {
    const measure = this.#all("sum")[0]?.measure;
    return measure !== undefined && limit.unit.of === "actions"
      ? { ...limit, unit: { of: "measure", measure } }
      : limit;
  }

  /** The amounts that a limit can mean: "reaches" has two meanings where it matters. */
  #amounts(limit: Of<"limit">): number[] {
    const { amount, side, unit } = limit;
    const isCount = unit.of === "actions" || unit.measure === "calls";
    const step = isCount ? 1 : LEAST;
    if (amount < 0) this.#fail(limit, "a limit cannot be below zero");
    if (unit.of === "actions" && !Number.isInteger(amount))
      this.#fail(limit, `\`${amount}\` is not a whole number of actions`);
    const below = exact(amount - step);
    if (amount === 0 && unit.of === "actions")
      this.#fail(limit, "a limit of zero lets nothing through", "to forbid something write `Never …`");
    if (side === "most") return [amount];
    if (side === "under") {
      if (below < (isCount ? 1 : 0))
        this.#fail(limit, "nothing is left below that", "to forbid something write `Never …`");
      return [below];
    }
    const then = this.#then();
    if (!isCount && (then === undefined || then === "block")) return [amount];
    return below < (isCount ? 1 : 0) ? [amount] : [amount, below];
  }

  #size(): Fields[] {
    const given = this.#one("limit", "an amount");
    if (given === undefined) return [];
    const limit = this.#inUnits(given);
    if (limit.unit.of !== "measure")
      this.#fail(
        limit,
        "one action is always one: a limit for a single action needs money, tokens or another measure",
      );
    this.#mustNot(
      "window",
      "a limit for a single action has no window",
      "leave the window out, or leave out `each` and `per call`",
    );
    this.#mustNot("burst", "a limit for a single action has no bursts");
    const { measure } = limit.unit as { readonly measure: string };
    return this.#amounts({ ...limit, side: limit.side === "reach" ? "most" : limit.side }).map((amount) => ({
      kind: "size",
      measure,
      limit: amount,
    }));
  }

  #deny(): Fields[] {
    const isNow =
      this.#has("conditional") &&
      !this.#all("condition").some(
        ({ condition }) =>
          condition.is === "regime" ||
          condition.is === "schedule" ||
          condition.is === "cost" ||
          condition.is === "mentions" ||
          condition.is === "tag",
      );
    if (isNow)
      this.#fail(
        this.#whole,
        "it does not say when",
        "to stop now, use `rein halt`; a rule says when: Halt trading when losses exceed 5 percent",
      );
    const isEmpty = !this.#has("condition") && !this.#has("except");
    if (isEmpty && !this.#has("all"))
      this.#fail(this.#whole, "it does not say which actions", "name them, or write: Never allow actions");
    const isForced = this.#all("per").some((facet) => facet.isForced === true);
    if (isEmpty && !isForced && (this.#has("per") || this.#has("together")))
      this.#fail(
        this.#whole,
        "it does not say what is forbidden, or when",
        "name the action: Never let the agent delete anything",
      );
    return [{ kind: "access", effect: this.#then() === "approve" ? "approve" : "deny" }];
  }

  /** Actions by name make a list of what is allowed; conditions say when those actions are. */
  #allowOnly(): Fields[] {
    this.#mustBeClear();
    const conditions = this.#all("condition").map(({ condition }) => condition);
    // "Allow trading only by the trader": behind what is done, who does it is a condition.
    const series = conditions.find(({ is }) => is === "series");
    const isBehind = (condition: Condition): boolean =>
      condition.is === "source" &&
      series !== undefined &&
      condition.start >= series.end &&
      this.#has("conditional");
    const named = conditions.filter(
      (condition) => (condition.is === "series" || condition.is === "source") && !isBehind(condition),
    );
    const others = conditions.filter(
      (condition) => (condition.is !== "series" && condition.is !== "source") || isBehind(condition),
    );
    const lax = others.find(({ is }) => is === "mentions");
    if (lax !== undefined)
      this.#fail(
        lax,
        "an action that names this may name others, too",
        "say it by a tag: only allow emails where tag `recipient` is `*@example.com`",
      );
    const hasSource = named.some(({ is }) => is === "source");
    const excepts = this.#all("except").map(({ clause }) => clause);
    if (others.length === 0) {
      if (
        this.#has("bareOnly") &&
        named.every((one) => one.is !== "series" || one.globs.every((glob) => !isWordGlob(glob)))
      )
        return [{ kind: "access", effect: "allow" }];
      if (this.#has("conditional"))
        this.#fail(
          this.#whole,
          "it does not say when",
          "name the condition: only on weekdays, only under $200",
        );
      if (!named.some(({ is }) => is === "series"))
        this.#fail(
          this.#whole,
          "it does not say what is allowed",
          "name the actions: Only allow search and read_file",
        );
      return [{ kind: "access", effect: "allow" }];
    }
    const deny: Fields = {
      kind: "access",
      effect: "deny",
      match: this.#matchOf(named, [others, ...excepts]),
    };
    if (this.#has("bareOnly") && others.some(({ is }) => is === "regime"))
      return [deny, { kind: "access", effect: "allow" }];
    if (!hasSource || this.#has("conditional") || !named.some(({ is }) => is === "series")) return [deny];
    return [deny, { kind: "access", effect: "allow" }];
  }

  #onlyWho(): Fields[] {
    this.#mustBeClear();
    const conditions = this.#all("condition").map(({ condition }) => condition);
    const sources = conditions.filter(({ is }) => is === "source");
    const what = conditions.filter(({ is }) => is === "series");
    const others = conditions.filter(({ is }) => is !== "series" && is !== "source");
    if (sources.length === 0)
      this.#fail(this.#whole, "it does not say who", "name the agent: Only the agent `trader` may …");
    const excepts = this.#all("except").map(({ clause }) => clause);
    const wide = {
      kind: "access",
      effect: "deny",
      match: this.#matchOf([...what, ...others], [sources, ...excepts]),
    };
    if (others.every(({ is }) => is !== "schedule" && is !== "regime")) return [wide];
    return [
      wide,
      { kind: "access", effect: "deny", match: this.#matchOf(what, [[...sources, ...others], ...excepts]) },
    ];
  }

  #loss(): Fields {
    const percent = this.#one("percent");
    const from = this.#one("from")?.from ?? "day";
    const account = this.#one("account")?.account;
    const common = { from, ...(account !== undefined && { account }) };
    if (percent !== undefined) {
      if (percent.percent > 100) this.#fail(percent, "nobody can lose more than 100 percent");
      if (percent.percent <= 0) this.#fail(percent, "the percentage must be above zero");
      return {
        kind: "loss",
        limitPct: percent.side === "reach" ? exact(percent.percent - LEAST) : percent.percent,
        ...common,
      };
    }
    return { kind: "loss", limit: this.#dollars(0, -LEAST), ...common };
  }

  #floor(): Fields {
    const account = this.#one("account")?.account;
    return { kind: "floor", limit: this.#dollars(0, LEAST), ...(account !== undefined && { account }) };
  }

  /** Balances have no currency of their own; a sign other than the dollar's would be dropped silently. */
  #dollars(most: number, reach: number): number {
    const money = this.#one("money", "an amount of money");
    if (money === undefined) return NaN;
    if (money.amount.measure !== "usd")
      this.#fail(money, "balances and losses are counted in dollars", "write the amount with `$`");
    return exact(money.amount.amount + (money.side === "reach" ? reach : most));
  }

  #score(): Fields {
    const settings: Record<string, number> = {};
    for (const facet of this.#all("setting")) {
      if (Object.hasOwn(settings, facet.name) && settings[facet.name] !== facet.value)
        this.#fail(facet, `\`${facet.name}\` has two values`);
      settings[facet.name] = facet.value;
    }
    return { kind: "score", settings };
  }

  #times(most: number, over: number): number {
    const times = this.#one("times", "a number");
    if (times === undefined) return NaN;
    if (!Number.isInteger(times.times)) this.#fail(times, `\`${times.times}\` is not a whole number`);
    // Limits (`newcomers`) are the largest number that is allowed, counts (`errors`, `loop`) the first that is not.
    const value = times.side === "most" ? times.times + over : times.times + most;
    if (value < 1) this.#fail(times, "the number is too small: it would hold at once");
    return value;
  }

  #percent(most: number, reach: number): number {
    const percent = this.#one("percent", "a percentage");
    if (percent === undefined) return NaN;
    const { side, percent: n } = percent;
    if (n > 100 || (n === 100 && side === "most"))
      this.#fail(percent, "a share cannot be more than 100 percent");
    if (n <= 0) this.#fail(percent, "the percentage must be above zero");
    const step = side === "most" ? most : reach;
    return step === 0 ? n : exact(n + step);
  }

  #minCalls(): Fields {
    const found = this.#one("minCalls");
    return found === undefined ? {} : { minCalls: found.minCalls };
  }

  #probes(): Fields {
    const found = this.#one("probes");
    return found === undefined ? {} : { probes: found.probes };
  }

  /** The window of a share or of newcomers: it must roll. */
  #rolling(): string {
    const window = this.#window(this.#whole);
    if (typeof window !== "string" || window === "forever")
      this.#fail(
        this.#whole,
        "the window must be a length of time",
        "write for instance `within 10 minutes`",
      );
    return window;
  }

  #window(near: Span): unknown {
    const windows = this.#all("window");
    const zone = this.#one("timeZone")?.timeZone;
    const [found] = windows;
    const zoned = (window: Window): unknown => {
      if (typeof window === "string") {
        if (zone !== undefined)
          this.#fail(
            this.#all("timeZone")[0],
            "a span that rolls has no time zone",
            "write `per calendar day` with the zone, or leave the zone out",
          );
        return window;
      }
      return window;
    };
    if (windows.some(({ window }) => JSON.stringify(window) !== JSON.stringify(found?.window)))
      this.#fail(windows[1] ?? near, "there are two windows", "write one rule for each window");
    if (found === undefined) {
      if (this.#has("total") || this.#all("per").some(({ isEpisode }) => isEpisode === true))
        return "forever";
      this.#fail(
        { start: near.end, end: near.end },
        "the window is missing: in what time?",
        "add for instance `per hour`, `per day` or `in total`",
        [" per hour", " per day", " in total"],
      );
    }
    const window = zoned(found.window);
    if (typeof window === "object" && window !== null && "unclear" in window) {
      const unit = (window as { readonly unclear: string }).unclear;
      const rolling = unit === "month" ? "30 days" : "365 days";
      this.#fail(
        found,
        `a ${unit} could be any ${rolling}, or one of the calendar`,
        `write \`in any ${rolling}\` or \`per calendar ${unit}\``,
        [`in any ${rolling}`, `per calendar ${unit}`],
      );
    }
    if (typeof window === "object" && window !== null) return { ...window, timeZone: zone ?? "UTC" };
    return window;
  }

  #then(): Then | undefined {
    const found = this.#all("then");
    const [first] = found;
    const other = found.find(({ then }) => then !== first?.then);
    if (first !== undefined && other !== undefined)
      this.#fail(other, `it says both \`${first.then}\` and \`${other.then}\``, "write one rule for each");
    return first?.then;
  }

  #common(frame: Frame, rule: Fields): Fields {
    const lasting = this.#one("for")?.duration;
    const untilResumed = this.#has("untilResumed");
    let then = this.#then();
    if (lasting !== undefined && untilResumed) this.#fail(this.#all("for")[0], "it says two ends");
    if (
      rule["effect"] === "approve" ||
      (then === "block" &&
        frame !== "errors" &&
        frame !== "errorRate" &&
        lasting === undefined &&
        !untilResumed)
    ) {
      if (rule["effect"] === "approve" && then !== undefined && then !== "approve")
        this.#fail(this.#whole, "it asks and stops at once", "write one rule for each");
      then = undefined;
    }
    const isBreaker = frame === "errors" || frame === "errorRate";
    if (lasting !== undefined || untilResumed) {
      const end = this.#all(lasting === undefined ? "untilResumed" : "for")[0] as Span;
      if (
        frame === "deny" ||
        frame === "allowOnly" ||
        frame === "onlyWho" ||
        frame === "ask" ||
        frame === "score" ||
        then === undefined
      ) {
        if (then !== "halt")
          this.#fail(
            end,
            "nothing here lasts for a time",
            "a stop lasts: Halt each agent for 5 minutes when it makes more than 100 calls per minute",
          );
      }
      if (then === "alert" || then === "approve") this.#fail(end, "only a stop lasts for a time");
      if (then === "block" && !(isBreaker && lasting !== undefined)) then = "halt";
    }
    if (frame === "score" && then !== undefined)
      this.#fail(this.#whole, "settings of the scorer stop nothing by themselves");
    this.#mustStandByVerb(frame);
    const mode = this.#one("mode")?.mode;
    const per = this.#per(frame, then);
    return {
      ...(per !== undefined && { per }),
      ...(then !== undefined && then !== "block" && { then }),
      ...(lasting !== undefined && { for: lasting }),
      ...(mode !== undefined && { mode }),
    };
  }

  /** "Pause … that goes above 5x for 10 minutes": which of the two lasts? */
  #mustStandByVerb(frame: Frame): void {
    const [lasting] = this.#all("for");
    const [verb] = this.#all("then");
    const measured = this.#facets.find(
      ({ is }) => is === "times" || is === "percent" || is === "limit" || is === "money",
    );
    if (lasting === undefined || verb === undefined || measured === undefined || frame === "errors") return;
    const isBehind = lasting.start >= measured.end && verb.start < measured.start;
    if (isBehind && !this.#has("object")) return;
    if (isBehind && this.#facets.some((facet) => facet.is === "object" && facet.start < measured.start)) {
      this.#fail(
        lasting,
        "either the stop or what sets it off could last that long",
        "put it behind the verb: Pause the agent for 10 minutes when …",
      );
    }
  }

  #per(frame: Frame, then: Then | undefined): readonly string[] | undefined {
    const keys = [...new Set(this.#all("per").flatMap((facet) => facet.keys))].sort();
    const isTogether = this.#has("together") && keys.includes("source");
    if (
      UNCOUNTED.has(frame) &&
      then !== "halt" &&
      !this.#all("per").some(({ isForced }) => isForced === true)
    ) {
      const counted = this.#all("per").find((facet) => facet.keys.some((key) => key.startsWith("tag:")));
      if (counted !== undefined)
        this.#fail(
          counted,
          "nothing is counted here, so nothing can be counted apart",
          "a limit counts: Spend at most $5 per customer per day",
        );
      const joint = this.#all("together").find(({ isPlace }) => isPlace !== true);
      if (joint !== undefined) this.#fail(joint, "nothing is counted here, so nothing is counted together");
    }
    if (keys.length > 0 && isTogether) {
      const near = this.#all("together")[0] ?? this.#all("total")[0] ?? this.#whole;
      this.#fail(near, "it says both each and all together");
    }
    if (keys.length > 0 && ACCOUNTS.has(frame))
      this.#fail(
        this.#all("per")[0],
        "a balance or a signal is not counted by agents or tools",
        "leave it out, or name the account: the loss of account `name`",
      );
    if (keys.length === 0 || ACCOUNTS.has(frame)) return undefined;
    if (this.#all("per").some(({ isForced }) => isForced === true)) return keys;
    if (UNCOUNTED.has(frame) && then !== "halt") return undefined;
    return keys;
  }

  #match(): Fields {
    this.#mustBeClear();
    return this.#matchOf(
      this.#all("condition").map(({ condition }) => condition),
      this.#all("except").map(({ clause }) => clause),
    );
  }

  /** What is said behind a list may be said of all of it, or of the last. */
  #mustBeClear(): void {
    const conditions = this.#all("condition").map(({ condition }) => condition);
    const list = conditions.find(
      (condition) => "isList" in condition && condition.isList === true && condition.is === "series",
    );
    const behind =
      list &&
      conditions.find(
        ({ is, start }) =>
          (is === "cost" || is === "tag" || is === "mentions" || is === "arg") && start >= list.end,
      );
    if (behind !== undefined)
      this.#fail(
        behind,
        "this could be said of all that is listed, or of the last only",
        "write one rule for each",
      );
    const isFor = conditions.find((condition) => "isFor" in condition && condition.isFor === true);
    const { frame } = this.#frame;
    if (
      isFor !== undefined &&
      (frame === "deny" || frame === "ask" || frame === "allowOnly" || frame === "onlyWho")
    ) {
      this.#fail(isFor, "`for` could mean who does it, or to whom it is done", "write `by` for who does it");
    }
  }

  #matchOf(conditions: readonly Condition[], excepts: readonly (readonly Condition[])[]): Fields {
    const clauses = excepts.map((clause) => clauseOf(clause));
    const own = conditions.find(({ is }) => is === "series");
    for (const clause of excepts) {
      // "delete anything but temp_files": what is left out is no tool of these.
      const [only] = clause;
      if (own?.is !== "series" || clause.length !== 1 || only?.is !== "series") continue;
      const names = only.globs.filter((glob) => literalText(glob) !== null);
      const isOf = compileGlobs(own.globs);
      const stranger = own.globs.every((glob) => isWordGlob(glob))
        ? names.find((name) => !isOf(name))
        : undefined;
      if (stranger !== undefined && clause.length === 1)
        this.#fail(
          only,
          `\`${stranger}\` is no tool that the rule is about, so there is nothing to leave out`,
          "name a tool that the rule covers, or say what the arguments hold",
        );
    }
    return { ...clauseOf(conditions), ...(clauses.length > 0 && { except: clauses }) };
  }

  #all<K extends Facet["is"]>(is: K): readonly Of<K>[] {
    return this.#facets.filter((facet): facet is Of<K> => facet.is === is);
  }

  #has(is: Facet["is"]): boolean {
    return this.#facets.some((facet) => facet.is === is);
  }

  /** The one phrase of its sort; `what` names it when it has to be there. */
  #one<K extends Facet["is"]>(is: K, what?: string): Of<K> | undefined {
    const found = this.#all(is);
    const [first] = found;
    const other = found.find((facet) => bare(facet) !== bare(first as Facet));
    if (other !== undefined)
      this.#fail(other, "it says the same thing twice, and differently", "write one rule for each");
    if (first === undefined && what !== undefined) this.#fail(this.#whole, `${what} is missing`);
    return first;
  }

  #mustNot(is: Facet["is"], reason: string, help?: string): void {
    const [found] = this.#all(is);
    if (found !== undefined) this.#fail(found, reason, help);
  }

  #fail(near: Span | undefined, reason: string, help?: string, edits?: readonly string[]): never {
    const { start, end } = near ?? this.#whole;
    throw new Refused({ start, end, reason, help, ...(edits !== undefined && { edits }) });
  }
}

/** The printer's "Halt actions where …" stops just those. */
function isActions(object: Of<"object">): boolean {
  return object.end > object.start && object.object === "none" && object.isNamed === true;
}

/** Kinds whose trigger counts actions. */
function counts(frame: Frame): boolean {
  return !ACCOUNTS.has(frame) && frame !== "deny";
}

function bare(facet: Facet): string {
  const { start: _start, end: _end, ...rest } = facet;
  return JSON.stringify(rest);
}

function spanOf(facets: Facets): Span {
  return {
    start: Math.min(...facets.map(({ start }) => start)),
    end: Math.max(...facets.map(({ end }) => end)),
  };
}

/** The conditions of a clause as data. */
function clauseOf(conditions: readonly Condition[]): Fields {
  const clause: Record<string, unknown> = {};
  for (const condition of conditions) add(clause, condition);
  return clause;
}

function add(clause: Record<string, unknown>, condition: Condition): void {
  const { is } = condition;
  const twice = (): never => {
    throw new Refused({
      ...condition,
      reason: `it names two conditions on the same thing`,
      help: "join them with `or`, or write one rule for each",
    });
  };
  const set = (field: string, value: unknown): void => {
    if (Object.hasOwn(clause, field) && JSON.stringify(clause[field]) !== JSON.stringify(value)) twice();
    clause[field] = value;
  };
  const put = (field: string, name: string, value: unknown): void => {
    const record = new Map(Object.entries((clause[field] ?? {}) as Record<string, unknown>));
    if (record.has(name) && JSON.stringify(record.get(name)) !== JSON.stringify(value)) twice();
    record.set(name, value);
    clause[field] = Object.fromEntries(record);
  };
  switch (is) {
    case "source":
    case "series":
    case "mentions":
      set(is, condition.globs);
      return;
    case "tag":
      put("tags", condition.name, condition.globs);
      return;
    case "cost": {
      const { measure, amount } = condition.amount;
      if (condition.side === "over") put("costOver", measure, amount);
      else if (condition.side === "under") put("costUnder", measure, amount);
      else if (condition.side === "atLeast") {
        if (amount <= 0) throw new Refused({ ...condition, reason: "every action costs at least that" });
        put("costOver", measure, exact(amount - LEAST));
      } else put("costUnder", measure, exact(amount + LEAST));
      return;
    }
    case "arg":
      addArg(clause, condition.path, condition.test, twice);
      return;
    case "regime":
      set("regime", condition.regimes);
      return;
    case "schedule": {
      const { days, from, to, timeZone } = condition;
      const given = {
        ...(days !== undefined && { days }),
        ...(from !== undefined && { from, to }),
        ...(timeZone !== undefined && { timeZone }),
      };
      const known = clause["schedule"] as Record<string, unknown> | undefined;
      if (known !== undefined && Object.keys(given).some((key) => Object.hasOwn(known, key))) twice();
      clause["schedule"] = { ...known, ...given };
      return;
    }
    case "not":
      throw new Refused({ ...condition, reason: "an exception cannot have an exception" });
  }
}

/** Several tests of one argument are one condition on it. */
function addArg(clause: Record<string, unknown>, path: string, test: unknown, twice: () => never): void {
  const record = new Map(Object.entries((clause["args"] ?? {}) as Record<string, unknown>));
  const known = record.get(path);
  const asTests = (value: unknown): Record<string, unknown> =>
    Array.isArray(value) ? { matches: value } : (value as Record<string, unknown>);
  if (known === undefined) record.set(path, test);
  else {
    const [a, b] = [asTests(known), asTests(test)];
    if (Object.keys(b).some((key) => Object.hasOwn(a, key))) twice();
    record.set(path, { ...a, ...b });
  }
  clause["args"] = Object.fromEntries(record);
}
