// The thread in which somebody's attacks run: whatever they do to it, the thread that waits for them can end it.
import { pathToFileURL } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "../core/errors.js";
import { compilePolicy } from "../policy/index.js";
import { defineAttack } from "./attack.js";
import type { Attack } from "./attack.js";
import { hunt, shrink } from "./hunt/index.js";
import type { Answer, RunTask, Task } from "./isolated-task.js";
import type { Mutation } from "./mutation.js";
import { MUTATIONS } from "./mutations/index.js";
import { runAttack } from "./run-attack.js";

const { file } = workerData as { readonly file: string };
const attacks: Attack[] = [];
const SETTLING_TURNS = 2;

parentPort!.on("message", (task: Task) => {
  void (task.type === "load" ? load() : carryOut(task));
});
// What comes next takes the file's time, and not that of whoever starts threads on a busy machine.
tell({ type: "ready" });

async function load(): Promise<void> {
  try {
    attacks.push(...attacksIn((await import(pathToFileURL(file).href)) as object));
    await settled();
    tell({ type: "loaded", attacks: attacks.map(({ run: _, ...facts }) => facts) });
  } catch (error) {
    tell({ type: "failed", message: messageOf(error) });
  }
}

async function carryOut(task: RunTask): Promise<void> {
  try {
    const answer = await answerTo(task);
    await settled();
    tell(answer);
  } catch (error) {
    tell({ type: "failed", message: messageOf(error) });
  }
}

async function answerTo({ type, attack: id, rules, seed, config, ...rest }: RunTask): Promise<Answer> {
  const attack = attacks.find((each) => each.id === id)!;
  const policy = compilePolicy({ rules }, { allowReserved: true });
  if (type === "hunt") return { type, hunt: await hunt(policy, attack, { seed, config }) };
  if (type === "shrink") return { type, trace: await shrink(policy, attack, { seed, config }) };
  const { maxMoves } = rest;
  const mutation = rest.mutation === undefined ? undefined : mutationOf(rest.mutation);
  const { attack: _, ...trial } = await runAttack(policy, attack, { seed, config, maxMoves, mutation });
  return { type, trial };
}

/** What was left behind, such as a rejection that nobody handles, ends the thread now, while it is known whose it is. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < SETTLING_TURNS; turn++) await new Promise(setImmediate);
}

/** Only an id can be sent here: what it does is the same here and there. */
function mutationOf(id: string): Mutation {
  const mutation = MUTATIONS.find((each) => each.id === id);
  if (mutation === undefined) throw new Error(`there is no mutation \`${id}\` here`);
  return mutation;
}

/** Everything that a file exports and that is an attack, alone or in lists. */
function attacksIn(exported: object): readonly Attack[] {
  const found = new Set(
    Object.values(exported)
      .flat(1)
      .filter((each): each is Attack => typeof (each as Attack | null)?.run === "function"),
  );
  return [...found].map(defineAttack);
}

function tell(answer: Answer): void {
  parentPort!.postMessage(answer);
}
