import { z } from "zod";
import {
  amountField,
  globsField,
  illegible,
  isLegible,
  MAX_POLICY_NAME,
  namedValues,
  nameField,
  oneOf,
  oneOrMore,
  strict,
} from "./fields.js";
import { must, withHelp } from "./messages.js";
import { scheduleSchema } from "./schedule.js";

const numberField = z.number({ error: must("a finite number") });

const exactText = z.string().refine(isLegible, { error: illegible });

const equalsField = z.union([exactText, numberField, z.boolean(), z.null()], {
  error: must("text, a number, true, false or null"),
});

const argCondition = strict("a condition on an argument", {
  over: numberField.optional().describe("The argument is a number above this."),
  under: numberField.optional().describe("The argument is a number below this."),
  equals: equalsField.optional().describe("The argument is exactly this text, number, boolean or null."),
  matches: globsField().optional().describe("The argument is text that one of these globs matches."),
  exists: z
    .boolean({ error: must("true or false") })
    .optional()
    .describe("The argument is there, or is not."),
}).superRefine((condition, context) => {
  const { over, under, equals, matches, exists } = condition;
  const tests = [over, under, equals, matches].filter((test) => test !== undefined).length;
  if (tests === 0 && exists === undefined) {
    context.addIssue(withHelp("names no condition", "give `over`, `under`, `equals`, `matches` or `exists`"));
  } else if (tests > 0 && exists === false) {
    context.addIssue("can never hold: an argument that is not there has no value to test");
  } else if (over !== undefined && under !== undefined && over >= under) {
    context.addIssue("can never hold: `over` must be below `under`");
  }
});

const argField = z
  .union([globsField(), argCondition], {
    error: must(
      "a glob, a list of globs, or an object with `over`, `under`, `equals`, `matches` or `exists`",
    ),
  })
  // An object that has only `matches` says the same as the list: one form, one digest.
  .transform((value) => {
    if (Array.isArray(value)) return value;
    const { matches, ...others } = value;
    const only = matches !== undefined && Object.values(others).every((test) => test === undefined);
    return only ? matches : value;
  });

const argPath = z
  .string()
  .min(1, { error: "must be a path of names parted by dots, such as `order.items.0`" })
  .max(MAX_POLICY_NAME, { error: `must be a path of at most ${MAX_POLICY_NAME} characters` })
  .refine((path) => path.split(".").every((step) => step !== ""), {
    error: "must be a path of names parted by single dots, such as `order.items.0`",
  })
  .refine(isLegible, { error: illegible });

const amounts = namedValues(nameField("a measure"), amountField(), "measures with an amount each");

const clauseFields = {
  source: globsField()
    .optional()
    .describe(
      "Globs over who acts: the whole path. A plain name covers its sub-agents too, and so do words.",
    ),
  series: globsField().optional().describe("Globs over the type of action: the tool, the market."),
  tags: namedValues(nameField("a tag"), globsField(), "tags with globs each")
    .optional()
    .describe("For each tag named here, globs over its value; an action without the tag does not match."),
  mentions: globsField()
    .optional()
    .describe(
      "Some tag's value, or some text in the arguments at any depth, is matched by one of these globs.",
    ),
  costOver: amounts.optional().describe("For each measure named here, the cost is above this amount."),
  costUnder: amounts.optional().describe("For each measure named here, the cost is below this amount."),
  args: namedValues(argPath, argField, "paths into the arguments with a condition each")
    .optional()
    .describe("Conditions on arguments by path, steps parted by dots."),
  regime: oneOrMore(oneOf(["normal", "stressed", "shock"]), "a regime or a list of regimes")
    .transform((regimes) => [...new Set(regimes)].sort())
    .optional()
    .describe("The states of the world in which the rule holds."),
  schedule: scheduleSchema.optional(),
};

const clauseSchema = strict("an `except`", clauseFields).superRefine(checkClause);

/** What a rule applies to: every condition must hold, and no exception. */
export const matchSchema = strict("a `match`", {
  ...clauseFields,
  except: oneOrMore(clauseSchema, "an object of conditions or a list of them")
    .optional()
    .describe("What the rule does not apply to: actions that meet all conditions of one of these."),
})
  .superRefine(checkClause)
  .describe("What the rule applies to; without it, to everything.");

interface Clause {
  readonly costOver?: Readonly<Record<string, number>> | undefined;
  readonly costUnder?: Readonly<Record<string, number>> | undefined;
}

function checkClause(clause: Clause, context: z.core.$RefinementCtx): void {
  if (Object.values(clause).every((value) => value === undefined)) {
    context.addIssue(withHelp("is empty", "leave it out, or name at least one condition"));
  }
  const under = new Map(Object.entries(clause.costUnder ?? {}));
  for (const [measure, over] of Object.entries(clause.costOver ?? {})) {
    if (over >= (under.get(measure) ?? Infinity)) {
      context.addIssue({
        code: "custom",
        path: ["costOver", measure],
        message: "can never hold together with `costUnder`, which must be larger",
      });
    }
  }
}
