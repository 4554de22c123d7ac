/** Rows under named columns, told as they are: numbers are rounded where they are shown. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** One line, staircase or cloud of points of a curve. */
export interface CurveSeries {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly kind?: "line" | "step" | "points";
}

/** One picture: its id names the file, `x` and `y` name the axes. */
export interface Curve {
  readonly id: string;
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly logX?: boolean;
  readonly series: readonly CurveSeries[];
}

/** One bar of the project's own: what was measured against what it must be. */
export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly want: ">=" | "<=";
  readonly target: number;
}

/** What one set found. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly intro: string;
  readonly tables: readonly Table[];
  readonly curves: readonly Curve[];
  readonly bars: readonly Bar[];
  readonly notes: readonly string[];
}

/** One set: null where its data is not in the folder; throws an Error that says why where the data cannot be used. */
export interface EvaluationSet {
  readonly id: string;
  readonly title: string;
  evaluate(folder: string, tell: (done: number, total: number) => void): Section | null;
}
