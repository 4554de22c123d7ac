import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Mailbox } from "../control/index.js";
import type { ControlAnswer, ControlMessage } from "../control/index.js";
import type { Disk } from "../core/disk.js";
import type { HaltReceipt } from "../rein/index.js";
import { nodeDisk } from "../store/node-disk.js";
import { addAnswers } from "./answer.js";
import type { ControlSystem, DirOwner } from "./control.js";
import { addHalt } from "./halt.js";
import type { Io } from "./io.js";
import { addResume } from "./resume.js";

const isRoot = process.getuid?.() === 0;
const owner: DirOwner = { pid: 4711, host: "box", since: 1_760_000_000_000 };

let dir: string;

beforeEach(() => {
  dir = fs.mkdtempSync(join(tmpdir(), "rein-control-"));
  // A governor was here.
  fs.writeFileSync(join(dir, "owner.1"), "");
});
afterEach(() => {
  fs.rmSync(dir, { recursive: true, force: true });
});

interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Setting {
  readonly owner?: DirOwner | null;
  readonly disk?: Disk;
  readonly env?: Io["env"];
  /** What the governor answers; it takes no command when absent. */
  readonly answer?: (message: ControlMessage) => ControlAnswer;
}

/** Runs one command, with a governor beside it that answers. */
async function rein(argv: readonly string[], setting: Setting = {}): Promise<Result> {
  let [out, err, code] = ["", "", 0];
  const io: Io = {
    stdout: (text) => (out += text),
    stderr: (text) => (err += text),
    isTTY: false,
    columns: 80,
    env: setting.env ?? { USER: "alice" },
  };
  const system: ControlSystem = {
    disk: setting.disk ?? nodeDisk,
    ownerOf: () => (setting.owner === undefined ? owner : setting.owner),
  };
  const program = new Command("rein").exitOverride().configureOutput({
    writeOut: io.stdout.bind(io),
    writeErr: io.stderr.bind(io),
  });
  const exit = (result: number): void => {
    code = result;
  };
  addHalt(program, io, exit, system);
  addResume(program, io, exit, system);
  addAnswers(program, io, exit, system);
  const governor = setting.answer === undefined ? undefined : govern(setting.answer);
  try {
    await program.parseAsync([...argv], { from: "user" });
  } finally {
    clearInterval(governor);
  }
  return { code, out, err };
}

function govern(answer: (message: ControlMessage) => ControlAnswer): NodeJS.Timeout {
  const mailbox = new Mailbox({ disk: nodeDisk, dir, seen: () => false });
  mailbox.prepare(Date.now());
  return setInterval(() => {
    for (const mail of mailbox.take(Date.now()))
      if (mail.kind === "command") mailbox.answer(mail.message.id, answer(mail.message), Date.now());
  }, 2);
}

/** The commands that wait in the inbox. */
function waiting(): ControlMessage[] {
  const mails = new Mailbox({ disk: nodeDisk, dir, seen: () => false }).take(Date.now());
  return mails.flatMap((mail) => (mail.kind === "command" ? [mail.message] : []));
}

const running = {
  ...{ id: "d1", source: "planner", series: "send_email", ms: 12 },
  fate: "completed" as const,
};

function receiptOf(message: ControlMessage, changes: Partial<HaltReceipt> = {}): HaltReceipt {
  return {
    ...{ id: "h3", epoch: 3, scope: message.command === "halt" ? message.scope : "all" },
    ...{ reason: message.reason, by: message.by, at: message.at + 7, ms: 20, complete: true },
    processes: [{ host: "box", pid: 4711, acknowledged: true, ms: 1 }],
    inFlight: [running],
    ...changes,
  };
}

const halted = (message: ControlMessage): ControlAnswer => ({ ok: true, receipt: receiptOf(message) });

describe("rein halt", () => {
  test("with a process prints its receipt, and how to go on; exit 0", async () => {
    const { code, out, err } = await rein(["halt", "--dir", dir], { answer: halted });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toBe(
      "Halted everything. Nothing of it runs any more.\n" +
        "  halt        h3\n" +
        "  gates shut  7 ms after it was asked for\n" +
        "  in flight   1 action: 1 completed\n" +
        "    completed `send_email` by `planner` after 12 ms (d1)\n" +
        '  to go on    rein resume h3 --reason "…"\n',
    );
  });

  test("that is not complete says so first, and names what may still act; exit 2", async () => {
    const answer = (message: ControlMessage): ControlAnswer => {
      const lost = { ...running, id: "d2", series: "pay\u001b[2J", fate: "unknown" as const };
      return { ok: true, receipt: receiptOf(message, { complete: false, inFlight: [running, lost] }) };
    };
    const { code, out } = await rein(["halt", "--dir", dir], { answer });
    expect(code).toBe(2);
    expect(out).toMatch(/^Halted everything, but NOT complete: 1 action may still act\.\n/);
    expect(out).toMatch(/2 actions: 1 unknown, 1 completed\n {4}unknown {3}`pay\ufffd\[2J` by `planner`/);
  });

  test("says what to stop, who wants it and why, and for how long to wait", async () => {
    let heard: ControlMessage | undefined;
    const answer = (message: ControlMessage): ControlAnswer => halted((heard = message));
    const argv = ["--source", "a", "--source", "b", "--series", "send_*", "--tag", "x=1", "--tag", "x=2"];
    const { out } = await rein(
      ["halt", "-d", dir, ...argv, "--tag", "constructor=y", "--by", "bob", "-r", "why", "--deadline", "2s"],
      { answer },
    );
    const tags = { x: ["1", "2"], constructor: ["y"] };
    const scope = { source: ["a", "b"], series: ["send_*"], tags };
    expect(heard).toMatchObject({ command: "halt", scope, by: "bob", reason: "why", deadlineMs: 2000 });
    expect(out).toMatch(
      /^Halted source `a` or `b` and series `send_\*` and tag x=`1` or `2` and tag constructor=`y`\./,
    );
  });

  test("may name words, and refuses a glob of words without a word before anything is sent", async () => {
    await rein(["halt", "--dir", dir, "--series", "~delete file", "--tag", "to=~bob"], { owner: null });
    expect(waiting()).toMatchObject([{ scope: { series: ["~delete file"], tags: { to: ["~bob"] } } }]);
    for (const argv of [
      ["--series", "~"],
      ["--source", "~a*"],
      ["--tag", "to=~"],
    ])
      await expect(rein(["halt", "--dir", dir, ...argv], { owner: null })).rejects.toThrow(/after its `~`/);
    expect(waiting()).toHaveLength(1);
  });

  test.each<[what: string, env: Io["env"], by: string]>([
    ["the user", { USER: "alice" }, "alice"],
    ["the user behind sudo", { USER: "root", SUDO_USER: "alice" }, "alice"],
  ])("is in the name of %s", async (_what, env, by) => {
    await rein(["halt", "--dir", dir], { owner: null, env });
    expect(waiting()).toMatchObject([{ by }]);
  });

  test("in a job without a user's name still works", async () => {
    expect((await rein(["halt", "--dir", dir], { owner: null, env: {} })).code).toBe(0);
    expect(waiting()).toHaveLength(1);
  });

  test("without a process is kept for the next start, says so, and exits 0", async () => {
    const { code, out, err } = await rein(["halt", "--dir", dir], { owner: null });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toBe(
      `No process runs with \`${dir}\`: the halt is kept, and it holds from the first instant of the next start.\n`,
    );
    expect(waiting()).toMatchObject([{ command: "halt", scope: "all" }]);
  });

  test("for a process that does not take it is not confirmed: exit 2, and the command stays", async () => {
    const { code, out, err } = await rein(["halt", "--dir", dir, "--timeout", "30ms"]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/^rein: the halt is NOT confirmed: process 4711 did not take it within [\d.]+m?s\n/);
    expect(err).toMatch(/kill -9 4711/);
    expect(waiting()).toHaveLength(1);
  });

  test("that was refused says why; exit 2", async () => {
    const answer = (): ControlAnswer => ({
      ok: false,
      error: { code: "closed", message: "Rein is closed", help: "open a new one" },
    });
    const { code, err } = await rein(["halt", "--dir", dir], { answer });
    expect({ code, err }).toEqual({
      code: 2,
      err: "rein: process 4711 refused the halt: Rein is closed\n      open a new one\n",
    });
  });

  test("whose receipt was lost in a crash is no success: exit 2", async () => {
    const { code, err } = await rein(["halt", "--dir", dir], { answer: () => ({ ok: true }) });
    expect(code).toBe(2);
    expect(err).toMatch(/the halt holds, but what became of the actions in flight is not known/);
  });

  test("--no-wait leaves the command and does not wait", async () => {
    const { code, out } = await rein(["halt", "--dir", dir, "--no-wait"]);
    expect({ code, out }).toEqual({
      code: 0,
      out: "Left the halt for process 4711; nobody waited for its answer.\n",
    });
  });

  test("--json prints one document, with the code", async () => {
    const { code, out } = await rein(["halt", "--dir", dir, "--json"], { answer: halted });
    const id = expect.stringMatching(/^[\w-]{22}$/);
    expect(JSON.parse(out)).toMatchObject({
      ...{ command: "halt", dir, id, state: "answered", ok: true, owner, exitCode: code },
      receipt: { id: "h3", complete: true, inFlight: [running] },
    });
  });

  test("on a full disk still reaches the governor", async () => {
    const full: Disk = {
      ...nodeDisk,
      openToAppend: (path, fresh) => Object.assign(nodeDisk.openToAppend(path, fresh), { write: () => 0 }),
    };
    const { code, err } = await rein(["halt", "--dir", dir], { disk: full, owner: null });
    expect(code).toBe(0);
    expect(err).toMatch(/the disk is full: the halt is there/);
    expect(waiting()).toMatchObject([{ command: "halt", scope: "all" }]);
  });

  test("REIN_DIR names the directory; --dir wins", async () => {
    await rein(["halt"], { owner: null, env: { REIN_DIR: dir } });
    await rein(["halt", "--dir", dir], { owner: null, env: { REIN_DIR: "/nowhere" } });
    expect(waiting()).toHaveLength(2);
  });

  test("for a directory that is not there, or is a file, could not run, and says how to find it", async () => {
    const dirHelp = expect.objectContaining({ help: expect.stringContaining("dir") });
    await expect(rein(["halt", "--dir", join(dir, "none")])).rejects.toThrow(/there is no directory/);
    await expect(rein(["halt", "--dir", join(dir, "none")])).rejects.toThrow(dirHelp);
    fs.writeFileSync(join(dir, "file"), "");
    await expect(rein(["halt", "--dir", join(dir, "file")])).rejects.toThrow(/is not a directory/);
  });

  test("for a directory that no governor uses could not run, and leaves nothing there", async () => {
    fs.rmSync(join(dir, "owner.1"));
    await expect(rein(["halt", "--dir", dir])).rejects.toThrow(/is no governor's state directory/);
    expect(fs.readdirSync(dir)).toEqual([]);
  });

  test("whose owner cannot be told is posted all the same", async () => {
    const broken: Setting = { answer: halted };
    Object.defineProperty(broken, "owner", {
      get() {
        throw new Error("damaged");
      },
    });
    expect((await rein(["halt", "--dir", dir], broken)).code).toBe(0);
  });

  test.each([
    [["--tag", "acme"], /NAME=GLOB/],
    [["--source", ""], /name or a glob/],
    [["--deadline", "soon"], /duration/],
    [["--timeout", "-1"], /duration/],
    [["planner"], /too many arguments/],
  ])("%j could not run", async (argv, complaint) => {
    await expect(rein(["halt", "--dir", dir, ...argv])).rejects.toThrow(complaint);
    expect(fs.readdirSync(dir)).toEqual(["owner.1"]);
  });

  test.runIf(isRoot)("by root reaches a governor of another user, in that user's name", async () => {
    fs.chownSync(dir, 65534, 65534);
    fs.chmodSync(dir, 0o700);
    expect((await rein(["halt", "--dir", dir], { owner: null })).code).toBe(0);
    expect(process.geteuid?.()).toBe(0);
    const [name] = fs.readdirSync(join(dir, "control/inbox"));
    expect(fs.statSync(join(dir, "control/inbox", name!)).uid).toBe(65534);
    const mailbox = new Mailbox({ disk: nodeDisk, dir, seen: () => false, uid: 65534 });
    expect(mailbox.take(Date.now())).toMatchObject([{ kind: "command", message: { uid: 0 } }]);
  });

  test.runIf(isRoot)("by a user who may not is told which user may", async () => {
    fs.chmodSync(dir, 0o755);
    process.seteuid!(65534);
    try {
      const error = expect.objectContaining({
        code: "not_admitted",
        message: `only user \`root\` may command the governor of \`${dir}\``,
        help: expect.stringContaining(`sudo -u root rein halt --dir ${dir}`),
      });
      await expect(rein(["halt", "--dir", dir])).rejects.toThrow(error);
    } finally {
      process.seteuid!(0);
    }
  });
});

describe("rein resume", () => {
  test("ends a halt, and asks for the reason", async () => {
    let heard: ControlMessage | undefined;
    const answer = (message: ControlMessage): ControlAnswer => {
      heard = message;
      return { ok: true };
    };
    const { code, out } = await rein(["resume", "h3", "-d", dir, "-r", "prices are right"], { answer });
    expect({ code, out }).toEqual({ code: 0, out: "Resumed: halt `h3` has ended.\n" });
    expect(heard).toMatchObject({ command: "resume", halt: "h3", reason: "prices are right" });
    await expect(rein(["resume", "h3", "-d", dir])).rejects.toThrow(/--reason/);
  });

  test("of an unknown halt lists those in force; exit 2", async () => {
    const halts = [{ id: "h1", scope: { source: "a" }, reason: "spent too much", by: "bob", at: 0 }];
    // A governor may say more than was asked for.
    const approvals = [{ id: "a1", source: "planner", series: "refund" }];
    const error = { code: "unknown_halt", message: "no halt `h9` is in force", halts, approvals };
    const { code, err } = await rein(["resume", "h9", "-d", dir, "-r", "x"], {
      answer: () => ({ ok: false, error }),
    });
    expect(code).toBe(2);
    expect(err).toBe(
      "rein: process 4711 refused the resume: no halt `h9` is in force\n" +
        "      halts in force:\n" +
        "        h1  source `a`, by bob: spent too much\n",
    );
  });
});

describe("rein approve and rein reject", () => {
  test.each([
    ["approve", "Approved `a7`.\n"],
    ["reject", "Rejected `a7`.\n"],
  ])("%s", async (verb, text) => {
    let heard: ControlMessage | undefined;
    const answer = (message: ControlMessage): ControlAnswer => {
      heard = message;
      return { ok: true };
    };
    expect(await rein([verb, "a7", "-d", dir], { answer })).toEqual({ code: 0, out: text, err: "" });
    expect(heard).toMatchObject({ command: verb, approval: "a7", by: "alice" });
  });

  test("an unknown approval lists those that wait", async () => {
    const error = {
      ...{ code: "unknown_approval", message: "no approval `a9`" },
      approvals: [{ id: "a1", source: "planner", series: "refund" }],
    };
    const { code, err } = await rein(["approve", "a9", "-d", dir], { answer: () => ({ ok: false, error }) });
    expect(code).toBe(2);
    expect(err).toMatch(/waiting for approval:\n {8}a1 {2}`refund` by `planner`\n$/);
  });
});

describe("help", () => {
  test.each(["halt", "resume", "approve", "reject"])("of %s has examples and exit codes", async (name) => {
    let out = "";
    const program = new Command("rein").exitOverride().configureOutput({ writeOut: (text) => (out += text) });
    const io: Io = { stdout: () => 0, stderr: () => 0, isTTY: false, columns: 80, env: {} };
    const system: ControlSystem = { disk: nodeDisk, ownerOf: () => null };
    addHalt(program, io, () => 0, system);
    addResume(program, io, () => 0, system);
    addAnswers(program, io, () => 0, system);
    await expect(program.parseAsync([name, "--help"], { from: "user" })).rejects.toThrow();
    expect(out).toMatch(/Examples:\n {2}rein/);
    expect(out).toMatch(/Exit codes: 0 .* 2 .* 1 could not run/s);
  });
});
