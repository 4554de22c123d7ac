import { START_AT } from "./internals.js";
import { VirtualClock } from "../../src/redteam/virtual-clock.js";
import type { Act, Answer, Contestant, Domain, Gate, Guarded, Stop } from "./contestant.js";
import { ALL_TOOLS, limitsFor, namedLimit } from "./fit.js";
import { BREAKERS, WINDOWS } from "./limits.js";
import type { Rates, Window } from "./limits.js";
import { fixedRules } from "./packs.js";
import type { Verdict } from "./packs.js";
import { peer } from "../peers/install.js";
import type { Untyped } from "../peers/install.js";
import { versionOf } from "./versions.js";

const PACKAGE = "@microsoft/agent-governance-sdk";

/**
 * Microsoft's agent governance toolkit for TypeScript, with all of it that can refuse an action: policy documents with
 * rate limits, a policy backend, a circuit breaker, trust scores.
 *
 * - Rate limits. A rule's `limit` counts for the rule, not for the agent: so each agent gets a policy document of its
 *   own, and one document for `*` counts all of them. Only the limit of the rule that wins is counted: so each window
 *   and each scope has an engine of its own, and all of them have to agree.
 * - Patterns in arguments, tags and hours. Its expressions compare, and have no patterns. The documentation sends such
 *   rules to a policy backend (OPA, Cedar); here the backend answers with the pack's fixed rules.
 * - Failures go to its `CircuitBreaker`, with the pack's numbers.
 * - Refusals cost trust, as in its client, and who is `Untrusted` is refused from then on. Decay is off: with it every
 *   agent is untrusted after a weekend.
 * - No kill switch: 4.0.0 has one, but nothing in it sets it off for what an agent does, and its gate does not read it.
 *
 * The engine reads `Date.now`, which shows virtual time while it is asked.
 */
export async function agentGovernanceSdk(): Promise<Contestant | undefined> {
  const sdk = await peer(PACKAGE);
  if (sdk === undefined) return undefined;
  return {
    id: "agent-governance-sdk",
    name: "agent-governance-sdk",
    version: `${PACKAGE} ${versionOf(PACKAGE)}`,
    open: (scene) => AgtGate.open(sdk, scene),
  };
}

class AgtGate implements Gate {
  readonly #sdk: Untyped;
  readonly #scene: Guarded;
  readonly #clock: VirtualClock;
  readonly #verdict: (act: Act) => Verdict;
  readonly #approved = new Set<string>();
  #engines: readonly RateEngine[] = [];
  #backed: Untyped;
  #trust: Untyped;
  #breakers = new Map<string, Untyped>();

  private constructor(sdk: Untyped, scene: Guarded, clock: VirtualClock, verdict: (act: Act) => Verdict) {
    this.#sdk = sdk;
    this.#scene = scene;
    this.#clock = clock;
    this.#verdict = verdict;
    this.#start();
  }

  static async open(sdk: Untyped, scene: Guarded): Promise<AgtGate> {
    const clock = new VirtualClock(START_AT);
    return new AgtGate(sdk, scene, clock, await fixedRules(scene.domain, clock));
  }

  /** Nothing of it but trust scores can be kept in a file, and those only on demand: a crash forgets the counts. */
  #start(): void {
    const { PolicyEngine, TrustManager } = this.#sdk;
    const { domain, tools } = this.#scene;
    const limits = limitsFor(domain);
    this.#engines = (Object.keys(WINDOWS) as Window[]).flatMap((window) => [
      new RateEngine(new PolicyEngine(), { domain, tools, rates: limits.agent, window, each: true }),
      new RateEngine(new PolicyEngine(), { domain, tools, rates: limits.everybody, window, each: false }),
    ]);
    this.#backed = new PolicyEngine();
    this.#backed.loadPolicy({ name: "base", agents: ["*"], rules: [], default_action: "allow" });
    this.#backed.registerBackend({
      name: "fixed-rules",
      evaluatePolicy: (_agent: string, { act }: { act: Act }) => BACKEND_DECISIONS[this.#verdict(act)],
    });
    this.#trust = new TrustManager({ decayFactor: 1 });
    this.#breakers = new Map();
  }

  async ask(acts: readonly Act[]): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    for (const act of acts) {
      const stop = await this.#inVirtualTime(() => this.#judge(act));
      if (stop !== null) answers.push({ allowed: false, stop });
      else answers.push({ allowed: true, end: () => this.#inVirtualTime(async () => this.#end(act)) });
    }
    return answers;
  }

  async #judge(act: Act): Promise<Stop | null> {
    const { source, series } = act.action;
    if (this.#trust.getTrustScore(source).tier === "Untrusted") return refused("untrusted", false);
    if (!(this.#breakerOf(act)?.canExecute() ?? true)) return refused("circuit_open", true);
    const { effectiveDecision } = await this.#backed.evaluatePolicyWithBackends(source, {
      action: series,
      act,
    });
    if (effectiveDecision === "review") {
      const approvalId = idOf(act);
      if (!this.#approved.delete(approvalId)) return { ...refused("approval_required", false), approvalId };
    } else if (effectiveDecision === "deny") {
      this.#trust.recordFailure(source);
      return refused("denied", false);
    }
    if (this.#engines.every((engine) => engine.allows(source, series))) {
      this.#trust.recordSuccess(source);
      return null;
    }
    this.#trust.recordFailure(source);
    return refused("rate_limited", true);
  }

  #end(act: Act): null {
    if (act.outcome?.ok === false) this.#breakerOf(act)?.onFailure();
    else this.#breakerOf(act)?.onSuccess();
    return null;
  }

  #breakerOf(act: Act): Untyped {
    const { failures, restMs, per } = BREAKERS[this.#scene.domain];
    const key = per(act);
    if (key === undefined) return undefined;
    let breaker: Untyped = this.#breakers.get(key);
    if (breaker === undefined) {
      breaker = new this.#sdk.CircuitBreaker(failures, restMs);
      this.#breakers.set(key, breaker);
    }
    return breaker;
  }

  moveTo(atMs: number): void {
    this.#clock.moveTo(START_AT + atMs);
  }

  async approve(id: string): Promise<boolean> {
    this.#approved.add(id);
    return true;
  }

  async crash(): Promise<void> {
    this.#start();
  }

  async close(): Promise<void> {
    this.#engines = [];
  }

  /** Nothing else runs meanwhile: one guard is asked at a time, and nothing in it waits for the outside. */
  async #inVirtualTime<T>(ask: () => Promise<T>): Promise<T> {
    const real = Date.now;
    Date.now = () => this.#clock.now();
    try {
      return await ask();
    } finally {
      Date.now = real;
    }
  }
}

const BACKEND_DECISIONS = { allow: "allow", ask: "review", deny: "deny" } as const;

interface RateSettings {
  readonly domain: Domain;
  readonly tools: readonly string[];
  readonly rates: Rates;
  readonly window: Window;
  /** Counts each agent by itself, or all of them together. */
  readonly each: boolean;
}

/** Two engines for one window: what a caller does with one tool, and what it does with all. */
class RateEngine {
  readonly #engine: Untyped;
  readonly #settings: RateSettings;
  readonly #known = new Set<string>();

  constructor(engine: Untyped, settings: RateSettings) {
    this.#engine = engine;
    this.#settings = settings;
  }

  allows(source: string, series: string): boolean {
    const agent = this.#settings.each ? source : "everybody";
    this.#enlist(agent);
    return [`tool ${agent}`, `all ${agent}`].every(
      (who) => this.#engine.evaluatePolicy(who, { action: series }).allowed === true,
    );
  }

  /** An agent's documents are loaded when it first asks. */
  #enlist(agent: string): void {
    if (this.#known.has(agent)) return;
    this.#known.add(agent);
    const { tools, rates, window } = this.#settings;
    const perTool = tools.flatMap((tool) => {
      const calls = this.#callsOf(tool);
      if (calls === undefined) return [];
      const name = `${agent} ${tool}`;
      return { name, condition: `action == '${tool}'`, ruleAction: "allow", limit: `${calls}/${window}` };
    });
    const all = rates.get(ALL_TOOLS)![window];
    const document = { scope: "agent", default_action: "allow" };
    this.#engine.loadPolicy({
      ...document,
      name: `tools of ${agent}`,
      agents: [`tool ${agent}`],
      rules: perTool,
    });
    this.#engine.loadPolicy({
      ...document,
      name: `all of ${agent}`,
      agents: [`all ${agent}`],
      rules: [{ name: `${agent} ${ALL_TOOLS}`, ruleAction: "allow", limit: `${all}/${window}` }],
    });
  }

  #callsOf(tool: string): number | undefined {
    const { domain, rates, window, each } = this.#settings;
    const fitted = rates.get(tool);
    if (fitted !== undefined) return fitted[window];
    const named = each ? namedLimit(domain, tool) : undefined;
    return named?.window === window ? named.calls : undefined;
  }
}

function idOf({ action: { source, series, args } }: Act): string {
  return JSON.stringify([source, series, args]);
}

function refused(code: string, retryable: boolean): Stop {
  return { code, message: code, retryable };
}
