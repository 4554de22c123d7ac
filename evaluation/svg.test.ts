import { describe, expect, test } from "vitest";
import type { Curve } from "./section.js";
import { pictureOf, svgOf } from "./svg.js";

const CURVE: Curve = {
  id: "roc",
  title: "Scanners found",
  x: "benign callers flagged",
  y: "share found",
  series: [
    {
      name: "ours",
      points: [
        [0, 0.5],
        [1, 1],
      ],
    },
    { name: "frozen default", kind: "points", points: [[0.5, 0.8]] },
  ],
};

/** Names of all elements in order; throws where tags do not match or text is not escaped. */
function elementsOf(xml: string): string[] {
  const names: string[] = [];
  const open: string[] = [];
  const pieces = xml.matchAll(/<(\/?)([a-z]+)((?: [a-zA-Z:-]+="[^"<]*")*)(\/?)>|([^<]+)|(<)/g);
  for (const [whole, close, name, , single, words] of pieces) {
    if (words !== undefined) {
      if (/&(?!(?:amp|lt|gt|quot);)/.test(words)) throw new Error(`not escaped: ${words}`);
    } else if (name === undefined) throw new Error(`a stray ${whole}`);
    else if (close === "/") expect(open.pop()).toBe(name);
    else {
      names.push(name);
      if (single !== "/") open.push(name);
    }
  }
  expect(open).toEqual([]);
  return names;
}

const withPoints = (points: readonly (readonly [number, number])[], more: Partial<Curve> = {}): Curve => ({
  ...CURVE,
  ...more,
  series: [{ name: "ours", points }],
});

const pathOf = (svg: string): string => /class="line c0" d="([^"]*)"/.exec(svg)![1]!;

describe("a picture", () => {
  test("is one well-formed element with its title and a description first", () => {
    const svg = svgOf(CURVE);
    expect(elementsOf(svg).slice(0, 3)).toEqual(["svg", "title", "desc"]);
    expect(svg).toContain(">Scanners found</title>");
    expect(svg).toContain(
      "share found over benign callers flagged. ours: from (0, 0.5) to (1, 1); frozen default: (0.5, 0.8).",
    );
  });

  test("is named after its curve", () => {
    expect(pictureOf(CURVE)).toBe("roc.svg");
  });

  test("is the same for the same curve", () => {
    expect(svgOf(CURVE)).toBe(svgOf(structuredClone(CURVE)));
  });

  test("names both axes and every series", () => {
    const svg = svgOf(CURVE);
    for (const words of ["benign callers flagged", "share found", "ours", "frozen default"])
      expect(svg).toContain(`>${words}</text>`);
  });

  test("has colours for light and for dark screens", () => {
    expect(svgOf(CURVE)).toContain("@media(prefers-color-scheme:dark)");
  });

  test("text from a set cannot become markup", () => {
    const evil = `</text><script>"&\u0000`;
    const svg = svgOf({
      ...CURVE,
      title: evil,
      x: evil,
      y: evil,
      series: [{ name: evil, points: [[0, 1]] }],
    });
    expect(elementsOf(svg)).not.toContain("script");
    expect(svg).toContain("&lt;script&gt;&quot;&amp;\ufffd");
  });

  test("years have no commas, and great numbers are short", () => {
    const svg = svgOf(
      withPoints([
        [2007, 0],
        [2010, 5e6],
      ]),
    );
    for (const words of ["2008", "2e6"]) expect(svg).toContain(`>${words}</text>`);
  });

  test("the first series lies on top of the others", () => {
    const marks = svgOf(CURVE).indexOf("mark c1");
    expect(svgOf(CURVE).indexOf("line c0")).toBeGreaterThan(marks);
  });

  test("without any points it still is a picture", () => {
    for (const series of [[], [{ name: "nothing", points: [] }]]) {
      const svg = svgOf({ ...CURVE, series });
      elementsOf(svg);
      expect(svg).not.toContain("NaN");
    }
  });

  test("a great many points are drawn, and none is far outside", () => {
    const points = Array.from({ length: 200_000 }, (_, i) => [i, Math.sin(i / 1000)] as const);
    const svg = svgOf(withPoints(points));
    const places = [...pathOf(svg).matchAll(/[ML]([\d.]+) ([\d.]+)/g)];
    for (const [, x, y] of places) {
      expect(Number(x)).toBeLessThanOrEqual(720);
      expect(Number(y)).toBeLessThanOrEqual(400);
    }
    expect(svg.length).toBeLessThan(100_000);
  });
});

describe("kinds of series", () => {
  test("lines go straight, steps first along and then up, points are marks", () => {
    const points = [
      [0, 0],
      [1, 1],
    ] as const;
    expect(pathOf(svgOf(withPoints(points)))).toMatch(/^M[\d.]+ [\d.]+L[\d.]+ [\d.]+$/);
    const steps = svgOf({ ...CURVE, series: [{ name: "ours", kind: "step", points }] });
    expect(pathOf(steps)).toMatch(/^M[\d.]+ [\d.]+H[\d.]+V[\d.]+$/);
    const marks = svgOf({ ...CURVE, series: [{ name: "ours", kind: "points", points }] });
    // One for each point and one in the legend.
    expect(marks.match(/class="mark c0"/g)).toHaveLength(3);
  });

  test("a line is broken where a point has no place", () => {
    const points = [
      [0, 0],
      [1, NaN],
      [2, 1],
      [3, 1],
    ] as const;
    const svg = svgOf(withPoints(points));
    expect(pathOf(svg)).toMatch(/^M[\d.]+ [\d.]+M[\d.]+ [\d.]+L[\d.]+ [\d.]+$/);
    expect(svg).not.toContain("NaN");
  });

  test("on a logarithmic axis zero is left out and factors are even", () => {
    const points = [
      [0, 0],
      [1, 1],
      [10, 1],
      [100, 1],
    ] as const;
    const places = [...pathOf(svgOf(withPoints(points, { logX: true }))).matchAll(/[ML]([\d.]+) /g)];
    const [a, b, c] = places.map(([, x]) => Number(x)) as [number, number, number];
    expect(places).toHaveLength(3);
    expect(b - a).toBeCloseTo(c - b, 0);
  });

  test("more series than colours are told apart by their dashes, and the legend takes more lines", () => {
    const series = Array.from({ length: 12 }, (_, i) => ({
      name: `a detector with a long name ${i}`,
      points: [
        [0, i],
        [1, i],
      ] as const,
    }));
    const svg = svgOf({ ...CURVE, series });
    elementsOf(svg);
    expect(svg.match(/stroke-dasharray/g)).toHaveLength(2 * 4);
    expect(Number(/height="(\d+)"/.exec(svg)![1])).toBeGreaterThan(450);
  });
});
