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
 * LangChain.js: `createAgent` for each run, a thread of its own, with its middleware for limits and for asking a person.
 * Its model is a scripted one, which makes the calls of the attack.
 *
 * - `modelCallLimitMiddleware`: steps of a thread; its agent makes one model call for each.
 * - `toolCallLimitMiddleware` for each tool, with its default: what is too much is refused, and the agent goes on.
 * - `humanInTheLoopMiddleware` with `when` for all tools: asks a person where the pack's fixed rules say so. It cannot
 *   forbid, so that what these rules forbid is asked as well, and nobody agrees.
 * - Money, tokens and time: none of this middleware has them.
 * - Threads outlive a crash, as with a checkpointer that writes to a database.
 */
export async function langchain(): Promise<Contestant | undefined> {
  const library = await libraryOf();
  if (library === undefined) return undefined;
  return {
    id: "langchain",
    name: "LangChain.js, limits and human in the loop",
    version: `langchain ${versionOf("langchain")}`,
    open: (scene) => open(library, scene),
  };
}

interface Library {
  readonly langchain: Untyped;
  readonly messages: Untyped;
  readonly graph: Untyped;
  /** A chat model that makes the calls it is handed. */
  readonly Scripted: new (next: Host["next"]) => Untyped;
}

async function libraryOf(): Promise<Library | undefined> {
  const langchain = await peer("langchain");
  const messages = await peer("@langchain/core/messages");
  const models = await peer("@langchain/core/language_models/chat_models");
  const graph = await peer("@langchain/langgraph");
  if (langchain === undefined || messages === undefined || models === undefined || graph === undefined)
    return undefined;
  return { langchain, messages, graph, Scripted: scriptedModel(models, messages) };
}

function scriptedModel({ BaseChatModel }: Untyped, { AIMessage }: Untyped): Library["Scripted"] {
  return class Scripted extends (BaseChatModel as new (fields: object) => object) {
    readonly #next: Host["next"];

    constructor(next: Host["next"]) {
      super({});
      this.#next = next;
    }

    _llmType(): string {
      return "scripted";
    }

    bindTools(): this {
      return this;
    }

    async _generate(): Promise<Untyped> {
      const calls = await this.#next();
      const message = new AIMessage({ content: "", tool_calls: calls.map(toolCallOf) });
      return { generations: [{ text: "", message }] };
    }
  };
}

function toolCallOf({ id, act: { action } }: ToolCall): object {
  return { type: "tool_call", id, name: action.series, args: action.args ?? {} };
}

async function open(library: Library, { domain, tools }: Guarded): Promise<Gate> {
  const clock = new VirtualClock(START_AT);
  const verdict = await fixedRules(domain, clock);
  const gate = new LoopGate(
    (key, loop) => (host) => new Run(library, { key, domain, tools, verdict, loop }, host).start(),
    { survivesCrash: true },
  );
  return Object.assign(gate, { moveTo: (atMs: number) => clock.moveTo(START_AT + atMs) });
}

interface RunSettings {
  readonly key: string;
  readonly domain: Domain;
  readonly tools: readonly string[];
  readonly verdict: (act: Act) => Verdict;
  readonly loop: () => AgentLoop;
}

/** LangGraph ends a run after 25 turns of its own unless told otherwise: the middleware is to do that here. */
const NO_RECURSION_LIMIT = 1_000_000;

class Run {
  readonly #library: Library;
  readonly #host: Host;
  readonly #settings: RunSettings;
  readonly #agent: Untyped;

  constructor(library: Library, settings: RunSettings, host: Host) {
    this.#library = library;
    this.#settings = settings;
    this.#host = host;
    const { langchain, graph, Scripted } = library;
    this.#agent = langchain.createAgent({
      model: new Scripted(host.next),
      tools: settings.tools.map((name) => this.#tool(name)),
      middleware: [...this.#limits(), this.#humanInTheLoop()],
      checkpointer: new graph.MemorySaver(),
    });
  }

  start(): void {
    this.#invoke({ messages: [new this.#library.messages.HumanMessage("Do your work.")] });
  }

  #invoke(input: Untyped): void {
    const config = {
      configurable: { thread_id: this.#settings.key },
      recursionLimit: NO_RECURSION_LIMIT,
      // What is written after each turn would be as long as all turns before it.
      durability: "exit",
    };
    const invoked: Promise<Untyped> = this.#agent.invoke(input, config);
    invoked.then(
      (state) => this.#ended(state),
      (error: unknown) => this.#host.over({ over: error as Error }),
    );
  }

  #ended(state: Untyped): void {
    if ((state.__interrupt__ ?? []).length === 0) return this.#host.over({ over: "stopped" });
    const resume = (isApproved: boolean): void => {
      const decision = isApproved ? { type: "approve" } : { type: "reject", message: "nobody agreed" };
      this.#invoke(new this.#library.graph.Command({ resume: { decisions: [decision] } }));
    };
    this.#host.over({ over: "approval", resume });
  }

  #tool(name: string): Untyped {
    const { tool } = this.#library.langchain;
    const execute = async (_input: unknown, config: Untyped): Promise<string> =>
      this.#host.execute(config.toolCall.id);
    return tool(execute, { name, description: name, schema: { type: "object", properties: {} } });
  }

  #limits(): readonly Untyped[] {
    const { modelCallLimitMiddleware, toolCallLimitMiddleware } = this.#library.langchain;
    const { domain, tools } = this.#settings;
    const { run } = limitsFor(domain);
    const perTool = tools.flatMap((toolName) => {
      const threadLimit = run.tools.get(toolName) ?? namedLimit(domain, toolName)?.calls;
      return threadLimit === undefined ? [] : [toolCallLimitMiddleware({ toolName, threadLimit })];
    });
    return [modelCallLimitMiddleware({ threadLimit: run.steps }), ...perTool];
  }

  #humanInTheLoop(): Untyped {
    const { tools, verdict, loop } = this.#settings;
    const when = ({ toolCall }: { toolCall: { id: string } }): boolean =>
      verdict(loop().actOf(toolCall.id)) !== "allow";
    const allowedDecisions = ["approve", "reject"];
    const interruptOn = Object.fromEntries(tools.map((name) => [name, { allowedDecisions, when }]));
    return this.#library.langchain.humanInTheLoopMiddleware({ interruptOn });
  }
}
