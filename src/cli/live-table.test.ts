import { describe, expect, test } from "vitest";
import type { Io } from "./io.js";
import { bar, charactersFor, LiveTable, sparkline } from "./live-table.js";
import type { LiveSystem } from "./live-table.js";

const ENTER = "\u001b[?1049h\u001b[?25l\u001b[?7l";
const LEAVE = "\u001b[?7h\u001b[?25h\u001b[?1049l";

const painted = (...lines: readonly string[]): string =>
  `\u001b[H${lines.map((line) => `\u001b[K${line}`).join("\r\n")}`;

/** A terminal that keeps what it is told, and a process that can be sent signals. */
class Terminal implements LiveSystem {
  text = "";
  rows = 24;
  columns = 80;
  readonly raised: string[] = [];
  readonly listeners = new Map<string, Set<() => void>>();
  readonly io: Io;

  constructor(io: Partial<Io> = {}) {
    this.io = {
      stdout: (text) => (this.text += text),
      stderr: () => undefined,
      ...{ isTTY: true, columns: 80, env: {} },
      ...io,
    };
  }

  on(event: string, listener: () => void): void {
    this.listeners.set(event, (this.listeners.get(event) ?? new Set()).add(listener));
  }

  off(event: string, listener: () => void): void {
    this.listeners.get(event)?.delete(listener);
  }

  raise(signal: string): void {
    this.raised.push(signal);
  }

  size(): { readonly columns: number; readonly rows: number } {
    return { columns: this.columns, rows: this.rows };
  }

  send(event: string): void {
    for (const listener of [...(this.listeners.get(event) ?? [])]) listener();
  }

  /** What was written since the last time. */
  take(): string {
    const { text } = this;
    this.text = "";
    return text;
  }

  get hears(): number {
    return [...this.listeners.values()].reduce((sum, { size }) => sum + size, 0);
  }
}

describe("a live table on a terminal", () => {
  test("paints in place, on the other screen and without a cursor", () => {
    const terminal = new Terminal();
    const table = new LiveTable(terminal.io, terminal);
    expect(terminal.take()).toBe("");
    table.draw(["one", "two"]);
    expect(terminal.take()).toBe(`${ENTER}${painted("one", "two")}\r\n\u001b[J`);
    table.draw(["three"]);
    expect(terminal.take()).toBe(`${painted("three")}\r\n\u001b[J`);
    table.draw([]);
    expect(terminal.take()).toBe(`${painted("")}\r\n\u001b[J`);
    table.close();
    expect(terminal.take()).toBe(LEAVE);
  });

  test("closing twice, or before anything was drawn, writes nothing more, and drawing afterwards neither", () => {
    const terminal = new Terminal();
    const early = new LiveTable(terminal.io, terminal);
    early.close();
    early.draw(["x"]);
    expect(terminal.take()).toBe("");
    const table = new LiveTable(terminal.io, terminal);
    table.draw(["x"]);
    table.close();
    terminal.take();
    table.close();
    table.draw(["y"]);
    expect(terminal.take()).toBe("");
    expect(terminal.hears).toBe(0);
  });

  test("an error puts the terminal back", () => {
    const terminal = new Terminal();
    expect(() => {
      using table = new LiveTable(terminal.io, terminal);
      table.draw(["x"]);
      throw new Error("lost");
    }).toThrow("lost");
    expect(terminal.text.endsWith(LEAVE)).toBe(true);
    expect(terminal.hears).toBe(0);
  });

  test.each(["SIGINT", "SIGTERM", "SIGHUP"])(
    "%s puts it back, and then ends the program as ever",
    (signal) => {
      const terminal = new Terminal();
      new LiveTable(terminal.io, terminal).draw(["x"]);
      terminal.take();
      terminal.send(signal);
      expect(terminal.take()).toBe(LEAVE);
      expect(terminal.raised).toEqual([signal]);
      expect(terminal.hears).toBe(0);
    },
  );

  test("the end of the program puts it back", () => {
    const terminal = new Terminal();
    new LiveTable(terminal.io, terminal).draw(["x"]);
    terminal.take();
    terminal.send("exit");
    expect(terminal.take()).toBe(LEAVE);
    expect(terminal.raised).toEqual([]);
  });

  test("suspended, the terminal is the shell's; continued, the last lines are there again", () => {
    const terminal = new Terminal();
    const table = new LiveTable(terminal.io, terminal);
    table.draw(["old"]);
    terminal.take();
    terminal.send("SIGTSTP");
    expect(terminal.take()).toBe(LEAVE);
    expect(terminal.raised).toEqual(["SIGSTOP"]);
    table.draw(["new"]);
    expect(terminal.take()).toBe("");
    terminal.send("SIGCONT");
    expect(terminal.take()).toBe(`${ENTER}${painted("new")}\r\n\u001b[J`);
    terminal.send("SIGCONT");
    expect(terminal.take()).toBe("");
    terminal.send("SIGTSTP");
    terminal.take();
    table.close();
    expect(terminal.take()).toBe("");
  });

  test("what does not fit is cut, so that nothing scrolls: lines, and characters that are seen", () => {
    const terminal = new Terminal();
    [terminal.columns, terminal.rows] = [5, 3];
    const table = new LiveTable(terminal.io, terminal);
    table.draw(["12345", "\u001b[31m123456\u001b[39m", "c", "d"]);
    expect(terminal.take()).toBe(
      ENTER + painted("12345", "\u001b[31m1234\u001b[39m…\u001b[0m", "… 2 …\u001b[0m"),
    );
    // The terminal has grown.
    [terminal.columns, terminal.rows] = [80, 4];
    table.draw(["12345", "123456", "c", "d"]);
    expect(terminal.take()).toBe(painted("12345", "123456", "c", "d"));
  });
});

describe("without a terminal", () => {
  test.each<[string, Partial<Io>]>([
    ["a pipe", { isTTY: false }],
    ["a dumb terminal", { env: { TERM: "dumb" } }],
  ])("%s gets a block a time and nothing else", (_what, io) => {
    const terminal = new Terminal(io);
    const table = new LiveTable(terminal.io, terminal);
    table.draw(["one", "two"]);
    table.draw(["three"]);
    table.close();
    expect(terminal.text).toBe("one\ntwo\n\nthree\n\n");
    expect(terminal.hears).toBe(0);
  });
});

describe("bars", () => {
  test.each([
    [0, "░░░░", "...."],
    [0.001, "▏░░░", "#..."],
    [0.25, "█░░░", "#..."],
    [0.53, "██▏░", "##.."],
    [0.999, "███▉", "###."],
    [1, "████", "####"],
    [1.01, "███!", "###!"],
    [Infinity, "███!", "###!"],
    [-1, "░░░░", "...."],
    [NaN, "????", "????"],
  ])("%d of 1 is %s, or %s", (share, unicode, ascii) => {
    expect(bar(share, 4)).toBe(unicode);
    expect(bar(share, 4, "ascii")).toBe(ascii);
  });

  test("are always as wide as they should be", () => {
    for (const width of [0, 1, 2, 7, 20]) {
      for (const share of [NaN, -1, 0, 1e-9, 0.1, 0.49, 0.5, 0.51, 0.999999, 1, 2]) {
        expect(bar(share, width)).toHaveLength(width);
        expect(bar(share, width, "ascii")).toHaveLength(width);
      }
    }
  });
});

describe("sparklines", () => {
  test.each<[readonly number[], string, string]>([
    [[], "", ""],
    [[0, 0], "▁▁", "__"],
    [[0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█", "_.-:=+*#"],
    [[5], "█", "#"],
    [[-7, 0], "▁█", "_#"],
    [[1, NaN, Infinity, 1], "█  █", "#  #"],
  ])("%j is %s, or %s", (values, unicode, ascii) => {
    expect(sparkline(values)).toBe(unicode);
    expect(sparkline(values, "ascii")).toBe(ascii);
  });
});

test("characters are those that the terminal says it has", () => {
  const of = (env: Io["env"]): string => charactersFor(new Terminal({ env }).io);
  expect(of({})).toBe("unicode");
  expect(of({ LANG: "en_US.UTF-8" })).toBe("unicode");
  expect(of({ LANG: "en_US.UTF-8", LC_ALL: "C" })).toBe("ascii");
  expect(of({ LANG: "C.utf8", TERM: "linux" })).toBe("ascii");
});
