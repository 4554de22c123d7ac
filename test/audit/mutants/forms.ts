import type { LogFiles, MadeLog } from "../make-log.js";
import { editLeaf, indexOf, leavesOf, putLeaves, recompute, segmentsOf, sizeSigned } from "./tools.js";
import type { Mutant } from "./tools.js";

/** Ways to write a line so that somebody could read it otherwise. The bytes of the line come in as Latin-1. */
const FORMS: readonly (readonly [name: string, write: (line: string) => string])[] = [
  [
    "a key stands there twice, the same",
    (line) => line.replace('"type":"gate"', '"type":"gate","type":"gate"'),
  ],
  [
    "a key stands there twice, first another value",
    (line) => line.replace('"verdict":', '"verdict":"allow","verdict":'),
  ],
  ["a key stands there twice, then another value", (line) => line.replace(/}$/, ',"verdict":"allow"}')],
  ["a key stands there twice inside a value", (line) => line.replace('{"usd":', '{"usd":1,"usd":')],
  [
    "a key is written twice, once with an escape",
    (line) => line.replace('"type":"gate"', '"type":"gate","typ\\u0065":"x"'),
  ],
  [
    "keys are in another order",
    (line) => line.replace(/^\{("\w+":(?:"[^"]*"|\d+)),("\w+":(?:"[^"]*"|\d+))/, "{$2,$1"),
  ],
  ["there is a space after a colon", (line) => line.replace('"type":', '"type": ')],
  ["there is a space before the end", (line) => line.replace(/}$/, " }")],
  ["there is a space after the end", (line) => `${line} `],
  ["there is a tab before the line", (line) => `\t${line}`],
  ["the line ends with CR LF", (line) => `${line}\r`],
  ["a letter is escaped", (line) => line.replace('"gate"', '"g\\u0061te"')],
  ["a slash is escaped", (line) => line.replace('"source":"', '"source":"\\/')],
  ["a control character has a long escape", (line) => line.replace('"source":"', '"source":"\\u000a')],
  ["an escape has capitals", (line) => line.replace('"source":"', '"source":"\\u001F')],
  ["a number has a fraction of zero", (line) => line.replace(/"n":(\d+)/, '"n":$1.0')],
  ["a number has an exponent", (line) => line.replace(/"n":(\d+)/, '"n":$1e0')],
  ["a number has a leading zero", (line) => line.replace(/"n":(\d+)/, '"n":0$1')],
  ["zero has a sign", (line) => line.replace('"usd":', '"eur":-0,"usd":')],
  [
    "an integer is more exact than a double",
    (line) => line.replace('"usd":', '"eur":9007199254740993,"usd":'),
  ],
  ["a number is too large", (line) => line.replace('"usd":', '"eur":1e999,"usd":')],
  ["a number is written shorter than it is", (line) => line.replace('"usd":', '"eur":1e21,"usd":')],
  ["a number is none", (line) => line.replace('"usd":', '"eur":NaN,"usd":')],
  ["a surrogate stands alone", (line) => line.replace('"source":"', '"source":"\\ud800')],
  ["a surrogate stands alone as bytes", (line) => line.replace('"source":"', '"source":"\xed\xa0\x80')],
  ["a byte is no UTF-8", (line) => line.replace('"source":"', '"source":"\xff')],
  ["a character takes more bytes than it needs", (line) => line.replace('"source":"', '"source":"\xc0\x80')],
  ["there is a zero byte", (line) => line.replace('"source":"', '"source":"\0')],
  ["there is a byte order mark", (line) => `\xef\xbb\xbf${line}`],
  ["there is a comma too many", (line) => line.replace(/}$/, ",}")],
  ["there is a comment", (line) => line.replace(/}$/, "/**/}")],
  ["the line goes on after its object", (line) => `${line}{}`],
  ["the line is in a list", (line) => `[${line}]`],
  ["the line is empty", () => ""],
  [
    "the line is longer than lines are",
    (line) => line.replace('"source":"', `"source":"${"x".repeat(65_536)}`),
  ],
  ["the index is a text", (line) => line.replace(/"n":(\d+)/, '"n":"$1"')],
  ["the index is missing", (line) => line.replace(/"n":\d+,/, "")],
  ["the index is another one", (line) => line.replace(/"n":\d+/, '"n":1')],
  ["the type is missing", (line) => line.replace('"type":"gate",', "")],
  ["the type is empty", (line) => line.replace('"type":"gate"', '"type":""')],
];

function rewrite(files: LogFiles, write: (line: string) => string): boolean {
  const at = indexOf(files, "gate", 9);
  if (at < 0 || at >= sizeSigned(files)) return false;
  return editLeaf(files, at, (line) => {
    const text = line.toString("latin1");
    const other = write(text);
    if (other === text) throw new Error("nothing was changed");
    return Buffer.from(other, "latin1");
  });
}

/** Made again with all keys of the log: then only the form of the lines can tell. */
function withAllKeys(log: MadeLog): void {
  recompute(log.files, log);
}

/** The same form by somebody without a key, and by the log's own writer: an honest one never writes it. */
export const forms: readonly Mutant[] = FORMS.flatMap(([name, write]): Mutant[] => [
  {
    name,
    threat: 14,
    alone: "invalid",
    foreign: "newest note",
    mutate: (log) => rewrite(log.files, write),
  },
  {
    name: `${name}, and everything is signed again with all keys`,
    threat: 14,
    alone: "invalid",
    foreign: "none",
    mutate: (log) => {
      if (!rewrite(log.files, write)) return false;
      withAllKeys(log);
      return true;
    },
  },
]);

/** Things between lines, by somebody without a key, and by one with all. */
export const betweenLines: readonly Mutant[] = (
  [
    ["an empty line", [Buffer.alloc(0)]],
    ["a line that is no record", [Buffer.from("# rotated")]],
  ] as const
).flatMap(([name, extra]): Mutant[] =>
  [false, true].map((isSigned) => ({
    name: `${name} in between${isSigned ? ", and everything is signed again with all keys" : ""}`,
    threat: 14,
    alone: "invalid" as const,
    foreign: isSigned ? ("none" as const) : ("newest note" as const),
    mutate: (log) => {
      const all = leavesOf(log.files).map(({ line }) => line);
      putLeaves(log.files, all.toSpliced(9, 0, ...extra));
      if (isSigned) withAllKeys(log);
    },
  })),
);

/** What only the log's own rules forbid: signed with all keys. */
function rule(name: string, threat: number, mutate: (log: MadeLog) => boolean | void): Mutant {
  return {
    name: `${name}, signed with all keys`,
    threat,
    alone: "invalid",
    foreign: "none",
    mutate: (log) => {
      if (mutate(log) === false) return false;
      withAllKeys(log);
      return true;
    },
  };
}

const replace = (files: LogFiles, n: number, from: RegExp | string, to: string): boolean =>
  editLeaf(files, n, (line) => Buffer.from(line.toString().replace(from, to)));

export const brokenRules: readonly Mutant[] = [
  rule("the log does not begin with its beginning", 7, ({ files }) =>
    replace(files, 0, '"type":"log.begin"', '"type":"log.open"'),
  ),
  rule("the log begins twice", 7, ({ files }) => {
    const at = indexOf(files, "gate", 9);
    const first = leavesOf(files)[0]!.line.toString();
    return editLeaf(files, at, () => Buffer.from(first.replace('"n":0', `"n":${at}`)));
  }),
  rule("the beginning names another key", 4, ({ files }) =>
    replace(files, 0, /"vkey":"[^"]*"/, '"vkey":"a+00000000+AAAA"'),
  ),
  rule("the beginning names no key", 4, ({ files }) => replace(files, 0, /,"vkey":"[^"]*"/, "")),
  rule("the beginning names another origin", 4, ({ files }) =>
    replace(files, 0, /"origin":"[^"]*"/, '"origin":"example.com/other"'),
  ),
  rule("records follow the end", 5, ({ files }) => {
    const at = indexOf(files, "gate", 9);
    return editLeaf(files, at, () => Buffer.from(`{"at":1,"n":${at},"type":"log.close"}`));
  }),
  rule("the counting of epochs has a hole", 10, ({ files }) => {
    const at = indexOf(files, "key.rotate");
    return at >= 0 && replace(files, at, '"epoch":1', '"epoch":2');
  }),
  rule("an epoch's key has the name of another one", 10, ({ files }) => {
    const at = indexOf(files, "key.rotate");
    return at >= 0 && editLeaf(files, at, (line) => Buffer.from(line.toString().replace("/e/1+", "/e/7+")));
  }),
  rule("records follow the last one of a segment", 10, ({ files }) => {
    const second = segmentsOf(files)[1];
    const at = indexOf(files, "key.rotate");
    if (second === undefined || at < 0) return false;
    // The file is one with the one before it: the same records, and no end of a segment where an epoch ended.
    const first = segmentsOf(files)[0]!;
    files.set(first.path, Buffer.concat([files.get(first.path)!, files.get(second.path)!]));
    files.delete(second.path);
    return true;
  }),
];
