import type { RuleInput } from "../../schema.js";
import type { Span } from "../lexer.js";

/** Why a reading is no rule, and where. */
export interface Problem extends Span {
  readonly reason: string;
  readonly help?: string | undefined;
  /** Text to put in the place of the span, so that the sentence works. */
  readonly edits?: readonly string[];
  /** Rules that come near. */
  readonly instead?: readonly RuleInput[];
}

export class Refused extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.reason);
    this.problem = problem;
  }
}
