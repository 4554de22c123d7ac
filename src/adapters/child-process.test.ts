import { once } from "node:events";
import { spawn } from "node:child_process";
import type { ChildProcess, ChildProcessByStdio, ChildProcessWithoutNullStreams } from "node:child_process";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, expectTypeOf, test } from "vitest";
import { isRunning, until } from "../../test/support/loopback.js";
import { HaltedError, InvalidInputError, Rein } from "../index.js";
import type { Permit } from "../index.js";
import { MemoryLogger } from "../testing/index.js";
import { governedSpawn } from "./child-process.js";

let rein: Rein;
let permit: Permit;

beforeEach(async () => {
  rein = await Rein.open({ mode: "enforce", policy: { rules: [] }, logger: new MemoryLogger() });
  permit = rein.gate({ source: "agent", series: "run" }).permit!;
});

afterEach(() => rein.close());

/** Halts and settles, and waits until nothing runs any more. */
async function halt(): Promise<void> {
  const halting = rein.halt({ by: "alice" });
  permit.settle({ ok: false });
  expect((await halting).complete).toBe(true);
}

/** A shell's process ids, as it prints them one a line. */
function printed(child: ChildProcess): number[] {
  const pids: number[] = [];
  child.stdout!.on("data", (lines: Buffer) => pids.push(...String(lines).trim().split("\n").map(Number)));
  return pids;
}

describe("it can take the place of spawn", () => {
  test("the types of its pipes follow the options", () => {
    const types = (): void => {
      expectTypeOf(governedSpawn("a")).toEqualTypeOf<ChildProcessWithoutNullStreams>();
      expectTypeOf(governedSpawn("a", ["b"], { permit })).toEqualTypeOf<ChildProcessWithoutNullStreams>();
      expectTypeOf(
        governedSpawn("a", { stdio: ["ignore", "pipe", "inherit"], killGraceMs: 1 }),
      ).toEqualTypeOf<ChildProcessByStdio<null, Readable, null>>();
      expectTypeOf(governedSpawn("a", [], { stdio: ["ignore", "pipe", "inherit"] })).toEqualTypeOf<
        ChildProcessByStdio<null, Readable, null>
      >();
      expectTypeOf(governedSpawn("a", [], { stdio: "inherit", permit })).toEqualTypeOf<ChildProcess>();
    };
    expect(types).toBeTypeOf("function");
  });

  test("it passes arguments, options and input on, in each of spawn's forms", async () => {
    const env = { ...process.env, WORD: "hello" };
    const of = async (child: ChildProcess): Promise<string> => (await text(child.stdout!)).trim();
    expect(await of(governedSpawn("echo", ["one", "two"], { permit }))).toBe("one two");
    expect(await of(governedSpawn("echo $WORD | tr a-z A-Z", { shell: true, env, permit }))).toBe("HELLO");
    const cat = governedSpawn("cat", [], { permit });
    cat.stdin.end("typed");
    expect(await of(cat)).toBe("typed");
    const bare = rein.governed({ source: "agent", series: "bare" }, async () =>
      once(governedSpawn("true"), "exit"),
    );
    expect(await bare()).toEqual([0, null]);
    permit.settle({ ok: true });
    expect(permit.isOver).toBe(true);
  });

  test("a command that cannot be started fails as with spawn, and is over", async () => {
    const child = governedSpawn("/no/such/program", [], { permit });
    const [error] = (await once(child, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ENOENT");
    expect(() => governedSpawn("", { permit })).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_ARG_VALUE" }),
    );
    expect(() => governedSpawn("true", 1 as never, { permit })).toThrow(TypeError);
    permit.settle({ ok: false });
    expect(permit.isOver).toBe(true);
  });

  test("the signal and timeout options of spawn still work", async () => {
    const controller = new AbortController();
    const child = governedSpawn("sleep", ["1000"], { permit, signal: controller.signal });
    const failed = once(child, "error");
    controller.abort();
    expect(await failed).toMatchObject([{ name: "AbortError" }]);
    const timed = governedSpawn("sleep", ["1000"], { permit, timeout: 20 });
    expect(await once(timed, "exit")).toEqual([null, "SIGTERM"]);
    permit.settle({ ok: false });
    await until(() => permit.isOver);
    expect(permit.fate).toBe("aborted");
  });
});

describe("permits", () => {
  test("without a good permit nothing is started", async () => {
    expect(() => governedSpawn("true")).toThrow(expect.objectContaining({ code: "no_permit" }));
    expect(() => governedSpawn("true", { permit: {} as Permit })).toThrow(InvalidInputError);
    const settled = rein.gate({ source: "agent", series: "run" }).permit!;
    settled.settle({ ok: true });
    expect(() => governedSpawn("true", { permit: settled })).toThrow(
      expect.objectContaining({ code: "already_settled" }),
    );
    await halt();
    expect(() => governedSpawn("true", { permit })).toThrow(HaltedError);
  });

  test.each([-1, NaN, Infinity, "1s", 2 ** 31])(
    "a grace of %s is refused before anything is started",
    (killGraceMs) => {
      expect(() => governedSpawn("true", { permit, killGraceMs: killGraceMs as number })).toThrow(
        InvalidInputError,
      );
      permit.settle({ ok: false });
      expect(permit.isOver).toBe(true);
    },
  );
});

describe("ending the group", () => {
  test("a process that ignores SIGTERM, SIGINT and SIGHUP is killed", async () => {
    const child = governedSpawn("trap '' TERM INT HUP; echo $$; sleep 1000; sleep 1000", {
      shell: true,
      permit,
    });
    const pids = printed(child);
    await until(() => pids.length === 1);
    const exited = once(child, "exit");
    await halt();
    expect(await exited).toEqual([null, "SIGKILL"]);
    expect(isRunning(pids[0]!)).toBe(false);
  });

  test("a stopped process is killed", async () => {
    const child = governedSpawn("sleep", ["1000"], { permit });
    process.kill(child.pid!, "SIGSTOP");
    await halt();
    expect(isRunning(child.pid!)).toBe(false);
  });

  test("grandchildren in the background end with it, and those whose parent is gone", async () => {
    const child = governedSpawn("sleep 1000 & echo $!; (sleep 1000 & echo $!); sleep 1000", {
      shell: true,
      permit,
    });
    const pids = printed(child);
    await until(() => pids.length === 2);
    await halt();
    expect(pids.filter(isRunning)).toEqual([]);
  });

  test("with a grace a program may end by itself", async () => {
    const child = governedSpawn("trap 'echo saved; exit 3' TERM; echo 1; while :; do sleep 0.01; done", {
      shell: true,
      permit,
      killGraceMs: 4000,
    });
    let output = "";
    child.stdout.on("data", (lines: Buffer) => (output += String(lines)));
    await until(() => output !== "");
    const exited = once(child, "close");
    await halt();
    expect(await exited).toEqual([3, null]);
    expect(output).toBe("1\nsaved\n");
  });

  test("after the grace what is left is killed, also when the child itself has ended", async () => {
    const child = governedSpawn("(trap '' TERM; echo 1; sleep 1000; sleep 1000) & echo $!; wait", {
      shell: true,
      permit,
      killGraceMs: 50,
    });
    const pids = printed(child);
    await until(() => pids.length === 2);
    await halt();
    expect(isRunning(Math.max(...pids))).toBe(false);
  });

  test("the pipes are closed, although somebody who left the group holds their other ends", async () => {
    const script = `require("node:child_process").spawn("sleep", ["1000"], { detached: true, stdio: "inherit" });
      console.log(1); setInterval(() => {}, 1000)`;
    const child = governedSpawn(process.execPath, ["-e", script], { permit });
    const pids = printed(child);
    await until(() => pids.length === 1);
    const escaped = spawn("pgrep", ["-P", String(child.pid)]);
    const runaway = Number(await text(escaped.stdout));
    const closed = once(child, "close");
    await halt();
    await closed;
    expect(isRunning(runaway)).toBe(true);
    process.kill(runaway, "SIGKILL");
  });

  test("writing to a child that was halted does not bring the program down", async () => {
    const child = governedSpawn("cat", { permit });
    await halt();
    const error = await new Promise((resolve) => child.stdin.write("more", resolve));
    expect(error).toBeInstanceOf(Error);
  });
});
