import { START_AT } from "./internals.js";
import { VirtualClock } from "../../src/redteam/virtual-clock.js";
import { peer } from "../peers/install.js";
import type { Untyped } from "../peers/install.js";
import type { AgentLoop, Host, ToolCall } from "./agent-loop.js";
import { LoopGate } from "./agent-loop.js";
import type { Act, Contestant, Domain, Gate, Guarded } from "./contestant.js";
import { limitsFor, namedLimit } from "./fit.js";
import { fixedRules } from "./packs.js";
import type { Verdict } from "./packs.js";
import { versionOf } from "./versions.js";

/**
 * Vercel's AI SDK: a `ToolLoopAgent` for each run, with `stopWhen` and `toolApproval`. Its model is the SDK's own mock,
 * which makes the calls of the attack.
 *
 * - `stopWhen`: steps, tokens, dollars, calls by tool, the same call again and again. The SDK's documentation has the
 *   first two and tells how to write more; they see all steps of a run, also those before an answer of a person, which
 *   is more than the SDK hands them.
 * - `toolApproval` answers with the pack's fixed rules: `denied`, `user-approval`, or nothing.
 * - What a call costs is told in the step's `providerMetadata`, to the cent, for every tool and not only for models.
 * - Conditions are read between steps. What runs side by side in other runs is not seen.
 * - Nothing in it asks what time it is; a crash forgets a run.
 */
export async function aiSdk(): Promise<Contestant | undefined> {
  const sdk = await peer("ai");
  const testing = await peer("ai/test");
  if (sdk === undefined || testing === undefined) return undefined;
  return {
    id: "ai-sdk",
    name: "AI SDK, stopWhen and toolApproval",
    version: `ai ${versionOf("ai")}`,
    open: (scene) => open(sdk, testing, scene),
  };
}

async function open(sdk: Untyped, testing: Untyped, { domain, tools }: Guarded): Promise<Gate> {
  const clock = new VirtualClock(START_AT);
  const verdict = await fixedRules(domain, clock);
  const gate = new LoopGate(
    (_key, loop) => (host) => new Run(sdk, testing, { domain, tools, verdict, loop }, host).start(),
    { survivesCrash: false },
  );
  return Object.assign(gate, { moveTo: (atMs: number) => clock.moveTo(START_AT + atMs) });
}

interface RunSettings {
  readonly domain: Domain;
  readonly tools: readonly string[];
  readonly verdict: (act: Act) => Verdict;
  readonly loop: () => AgentLoop;
}

/** What a stop condition sees of a step. */
interface Step {
  readonly toolCalls: readonly { readonly toolName: string; readonly input: unknown }[];
  readonly usage: { readonly totalTokens: number | undefined };
  readonly providerMetadata?: { readonly cost?: { readonly usd: number } };
}

class Run {
  readonly #sdk: Untyped;
  readonly #host: Host;
  readonly #agent: Untyped;
  readonly #settings: RunSettings;
  /** Steps before the last answer of a person. */
  readonly #earlier: Step[] = [];

  constructor(sdk: Untyped, testing: Untyped, settings: RunSettings, host: Host) {
    this.#sdk = sdk;
    this.#host = host;
    this.#settings = settings;
    this.#agent = new sdk.ToolLoopAgent({
      model: new testing.MockLanguageModelV4({ doGenerate: async () => answerOf(await host.next()) }),
      tools: this.#tools(),
      stopWhen: conditions(settings.domain, settings.tools).map(
        (isMet) =>
          ({ steps }: { steps: readonly Step[] }) =>
            isMet([...this.#earlier, ...steps]),
      ),
      toolApproval: ({ toolCall }: { toolCall: { toolCallId: string } }) =>
        STATUS[settings.verdict(settings.loop().actOf(toolCall.toolCallId))],
    });
  }

  start(messages: readonly Untyped[] = [{ role: "user", content: "Do your work." }]): void {
    void this.#generate(messages).catch((error: unknown) => this.#host.over({ over: error as Error }));
  }

  async #generate(messages: readonly Untyped[]): Promise<void> {
    const result = await this.#agent.generate({ messages });
    const request = result.content.find(({ type }: { type: string }) => type === "tool-approval-request");
    const isAsking = request !== undefined && request.isAutomatic !== true;
    if (!isAsking) return this.#host.over({ over: "stopped" });
    this.#earlier.push(...result.steps);
    const resume = (approved: boolean): void => {
      const response = { type: "tool-approval-response", approvalId: request.approvalId, approved };
      this.start([...messages, ...result.responseMessages, { role: "tool", content: [response] }]);
    };
    this.#host.over({ over: "approval", resume });
  }

  #tools(): Readonly<Record<string, Untyped>> {
    const { tool, jsonSchema } = this.#sdk;
    const inputSchema = jsonSchema({ type: "object" });
    const execute = async (_input: unknown, { toolCallId }: { toolCallId: string }): Promise<string> =>
      this.#host.execute(toolCallId);
    return Object.fromEntries(
      this.#settings.tools.map((name) => [name, tool({ description: name, inputSchema, execute })]),
    );
  }
}

const STATUS = { allow: "not-applicable", ask: "user-approval", deny: "denied" } as const;

/** When a run is over. */
function conditions(
  domain: Domain,
  tools: readonly string[],
): readonly ((steps: readonly Step[]) => boolean)[] {
  const { run } = limitsFor(domain);
  const calls = tools.flatMap((name) => {
    const most = run.tools.get(name) ?? namedLimit(domain, name)?.calls;
    return most === undefined ? [] : [hasCalled(name, most)];
  });
  const budgets = [
    ...(run.usd > 0 ? [hasSpent(run.usd)] : []),
    ...(run.tokens > 0 ? [hasUsed(run.tokens)] : []),
  ];
  return [(steps) => steps.length >= run.steps, hasRepeated(run.repeats), ...budgets, ...calls];
}

function hasSpent(usd: number) {
  return (steps: readonly Step[]) =>
    steps.reduce((sum, { providerMetadata }) => sum + (providerMetadata?.cost?.usd ?? 0), 0) >= usd;
}

function hasUsed(tokens: number) {
  return (steps: readonly Step[]) =>
    steps.reduce((sum, { usage }) => sum + (usage.totalTokens ?? 0), 0) >= tokens;
}

function hasCalled(name: string, times: number) {
  return (steps: readonly Step[]) =>
    steps.reduce(
      (sum, { toolCalls }) => sum + toolCalls.filter((call) => call.toolName === name).length,
      0,
    ) >= times;
}

function hasRepeated(times: number) {
  return (steps: readonly Step[]) => {
    const calls = steps.slice(-times).map(({ toolCalls }) => JSON.stringify(toolCalls.map(callOf)));
    return calls.length === times && new Set(calls).size === 1;
  };
}

function callOf({ toolName, input }: Step["toolCalls"][number]): unknown {
  return [toolName, input];
}

/** A turn of the model: these calls, and what they cost. */
function answerOf(calls: readonly ToolCall[]): Untyped {
  const sum = (name: string): number =>
    calls.reduce((total, { act }) => total + (act.action.cost?.[name] ?? 0), 0);
  return {
    content: calls.map(({ id, act: { action } }) => ({
      type: "tool-call",
      toolCallId: id,
      toolName: action.series,
      input: JSON.stringify(action.args ?? {}),
    })),
    finishReason: { unified: "tool-calls", raw: undefined },
    usage: {
      inputTokens: { total: sum("tokens"), noCache: sum("tokens"), cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: 0, text: 0, reasoning: 0 },
    },
    providerMetadata: { cost: { usd: sum("usd") } },
    warnings: [],
  };
}
