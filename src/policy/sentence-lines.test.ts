import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PolicyError } from "../core/errors.js";
import { sentenceLines } from "./sentence-lines.js";

const places = (text: string, markdown = false): unknown[] =>
  sentenceLines(text, 100, markdown).map(({ text: sentence, line, column }) => [sentence, line, column]);

/** The place and message of the one issue with a Markdown text. */
function refusal(text: string): unknown {
  try {
    sentenceLines(text, 100, true);
  } catch (error) {
    if (PolicyError.isInstance(error)) return error.issues[0];
    throw error;
  }
  return undefined;
}

describe("the sentences of a text", () => {
  test("are its lines, with the place where each begins", () => {
    expect(places("# rules\n\n  Cap it.\r\nHalt it.\rStop it.  \n#done")).toEqual([
      ["Cap it.", 3, 3],
      ["Halt it.", 4, 1],
      ["Stop it.", 5, 1],
    ]);
  });

  test("do not have the marks of a list", () => {
    expect(places("- a\n* b\n + c\n\t1. d\n12) e\n• f\n-g\n1.5 h")).toEqual([
      ["a", 1, 3],
      ["b", 2, 3],
      ["c", 3, 4],
      ["d", 4, 5],
      ["e", 5, 5],
      ["f", 6, 3],
      ["-g", 7, 1],
      ["1.5 h", 8, 1],
    ]);
  });

  test("end where a comment begins, and names are no comments", () => {
    expect(places("a # b\nc #5\nd `x # y` # z\ne#f\ng “h # i”\n`open # k")).toEqual([
      ["a", 1, 1],
      ["c #5", 2, 1],
      ["d `x # y`", 3, 1],
      ["e#f", 4, 1],
      ["g “h # i”", 5, 1],
      ["`open # k", 6, 1],
    ]);
    expect(places("- # only a remark\n#")).toEqual([]);
  });

  test("are not the lines that part a file", () => {
    expect(places("a\n---\n=====\n* * *\n ~~~~ \n-\n__\nb")).toEqual([
      ["a", 1, 1],
      ["b", 8, 1],
    ]);
  });

  test("are read up to the number asked for", () => {
    expect(sentenceLines("a\n".repeat(1000), 7)).toHaveLength(7);
  });
});

describe("the sentences of a Markdown text", () => {
  test("do not come from headings or comments, and columns stay what they are", () => {
    const text = "# Rules <!-- x\n<!-- a\nb --> c\n- d <!-- e --> f\n<!-- --><!----> g <!-- h -->";
    expect(places(text, true)).toEqual([
      ["c", 3, 7],
      ["d            f", 4, 3],
      ["g", 5, 17],
    ]);
  });

  test("may have what looks like a comment in a name", () => {
    expect(places("a `<!-- b`\nc", true)).toEqual([
      ["a `<!-- b`", 1, 1],
      ["c", 2, 1],
    ]);
  });

  test.each([
    ["a\n```\nCap it.\n```", 2, 1, "block of code"],
    ["~~~ sh", 1, 1, "block of code"],
    ["a\n\n > Cap it.", 3, 2, "quotation"],
    ["a\n <!-- b\nc", 2, 2, "never closed"],
    ["a <!-- b\nc --> d", 1, 3, "never closed"],
  ])("that could be lost without a word are refused: %j", (text, line, column, message) => {
    expect(refusal(text)).toMatchObject({
      index: -1,
      line,
      column,
      message: expect.stringContaining(message),
    });
  });
});

test("every sentence stands in the text where it says", () => {
  const piece = fc.constantFrom("a", "- ", "1. ", "# ", "#", "`", '"', "\\", "<!--", "-->", "\n", "\r\n", "\r", " ", "\t", "—", ">", "```", "---"); // prettier-ignore
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), fc.boolean(), (pieces, markdown) => {
      const text = pieces.join("");
      const lines = text.split(/\r\n|\r|\n/);
      try {
        for (const { text: sentence, line, column } of sentenceLines(text, 100, markdown)) {
          const written = lines[line - 1]!.slice(column - 1);
          expect(sentence.trim()).toBe(sentence);
          expect(sentence).not.toBe("");
          // Comments within it are blank.
          if (!markdown) expect(written.startsWith(sentence)).toBe(true);
          else expect([...sentence].every((c, i) => c === " " || c === written[i])).toBe(true);
        }
      } catch (error) {
        expect(PolicyError.isInstance(error) && markdown).toBe(true);
      }
    }),
    { numRuns: 2000 },
  );
});
