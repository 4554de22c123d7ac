import { readFileSync } from "node:fs";
import { InvalidInputError } from "../core/errors.js";
import { nearest } from "../core/nearest.js";

/** Policies that come with the package: what each is for, by the name of its file. */
export const PACKS: ReadonlyMap<string, string> = new Map([
  ["llm-agent", "an agent that talks to people and uses tools"],
  ["coding-agent", "an agent that writes and runs code"],
  ["trading", "strategies that place orders for real money"],
  ["mail-outreach", "agents that write to people"],
  ["scraping-rpa", "robots that read pages and operate programs"],
]);

/**
 * Returns the text of a pack, with its page named where the installed package has it.
 *
 * @throws InvalidInputError `pack` when there is none of that name
 */
export function packPolicy(name: string): string {
  if (!PACKS.has(name)) {
    const near = nearest(name, [...PACKS.keys()]);
    throw new InvalidInputError("pack", `there is no policy pack \`${name}\``, {
      help: `${near === undefined ? "" : `did you mean ${near}? `}there are ${[...PACKS.keys()].join(", ")}`,
    });
  }
  const text = readFileSync(new URL(`../../policies/${name}.txt`, import.meta.url), "utf8");
  return text.replace(`docs/policies/${name}.md`, packPage(name));
}

/** Where the page of a pack lies in the installed package, from the project's root. */
export function packPage(name: string): string {
  return `node_modules/rein/docs/policies/${name}.md`;
}

/**
 * The policy that `rein init` writes: safe for an agent that nobody knows yet. It must hold without a change, so what
 * needs to know the agent's tools, balances or signals is there, commented out.
 */
export const STARTER_POLICY = `# What the agents of this project may do: a rule a line, in plain English. A line that begins with # is a comment.
#
# All rules are read together, the strictest answer wins, and their order never matters. What is not understood
# with certainty is refused, with its line and what to write instead.
#
#   rein compile rein.policy.txt                      what each rule means, just allows and just refuses
#   rein lint rein.policy.txt                         what is doubtful about them
#   rein replay sessions.jsonl -p rein.policy.txt     what they would have refused in recorded sessions
#
# An agent is who acts (the source), a tool is what it does (the series). \`planner/search\` is a sub-agent of
# \`planner\`, and what it does counts for both. A plain word means every tool whose name has it in any form: "deletions"
# are \`delete_file\` and \`bulkDelete\`. A name in backquotes means exactly that, and \`*\` in it any text.
#
# Block, stop and pause act for as long as something is so; halt and kill until somebody resumes it. A rule that begins
# with "In shadow:" is only tried out: it says what it would have done.

# What an agent may spend in any 24 hours. Without its last part an action that does not say what it costs is refused,
# which is stricter, and right once every action says it.
Let each agent spend at most $20 a day, taking 1 cent where no cost is named

# All agents together: this much is no accident any more. Everything stops until somebody has looked.
Halt everything when spending exceeds $50 a day, taking 1 cent where no cost is named

# An agent out of control is fast: 60 actions a minute in the long run, and 30 at once.
Cap each agent at 60 actions per minute with bursts of 30

# An agent in a loop calls the same tool over and over.
At most 30 calls per minute per tool for each agent

# What people receive cannot be taken back.
Send, post, publish or notify at most 20 times an hour per agent

# What is gone is gone, and so is money: a human agrees first.
Ask a human before any delete, remove, destroy, drop, truncate, wipe, purge, revoke or terminate
Ask a human before payments, refunds, transfers, purchases and withdrawals, except \`get*\`, \`list*\`, \`read*\`, \`search*\` and \`find*\`

# A tool that fails is not helped by more calls: after five failures in a row it rests, and then one trial decides.
Pause a tool for 5 minutes after 5 failures in a row

# An agent of which half fails, whatever the tool, has lost its way.
Pause an agent for 10 minutes when half of its calls fail within 10 minutes, counting from 20

# A call that hangs is ended: its signal aborts, its sockets and child processes are closed.
Kill any call that runs longer than 2 minutes

# Ten that are in flight when something goes wrong are ten to stop.
At most 10 calls at once per agent

# ---- From here on: rules that need to know your agents. Take the # away, and name your own tools. ----

# The strongest rule there is: only these tools, and nothing else.
#Only allow \`search\`, \`read_*\` and \`send_email\`

# Small sums without a human, for tools with an argument \`amount\`; this replaces the rule on payments above.
#Ask a human before any refund except where argument \`amount\` is under 100

# Deployments in office hours only.
#Only allow deployments on weekdays between 09:00 and 17:00 London time

# Nobody is written to twice a day. Each action says to whom, as the tag \`recipient\`.
#At most 1 email per recipient per day

# No single call with more tokens than this. Each call says how many, as cost.tokens.
#No single \`llm*\` call above 100,000 tokens

# For agents that trade: these watch what rein.balance() is told.
#Halt everything when losses exceed 5 percent
#Halt everything when the balance falls below $100

# Nobody trades on old prices: blocks until rein.signal("price_feed", …) is heard, and when it falls silent.
#Stop trading when the price feed is older than 30 seconds
`;
