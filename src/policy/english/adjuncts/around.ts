/** What stands before and behind the core of a sentence. */

import type { Facet } from "../facets.js";
import { END, first, keep, many, map, maybe, type Parser, phrase, seq, word } from "../parser.js";
import { window } from "../times.js";
import { wordSet } from "../words.js";
import { adjuncts, condition, lasting, MODE } from "./adjuncts.js";
import { globally, per, together } from "./counters.js";
import { exception } from "./exceptions.js";
import { about } from "./matching.js";

/** Looks ahead: words that open a phrase in front of a sentence even without a comma behind it. */
const OPENING: Parser<true> = {
  first: wordSet("outside in during on between per within before except excluding"),
  empty: false,
  at(state, i) {
    return this.first?.has(state.tokens[i]?.text ?? "") === true ? [{ value: true, end: i }] : [];
  },
};

/** Phrases in front of a sentence: "On weekends, …", "In shadow: …", "For each caller, …". */
export const fronted: Parser<readonly Facet[]> = map(
  many(
    first<readonly Facet[]>(
      seq(
        [
          first<readonly Facet[]>(
            MODE,
            map(phrase("shadow", "shadow mode"), (_, span): readonly Facet[] => [
              { is: "mode", mode: "shadow", ...span },
            ]),
          ),
          word(":", ","),
        ],
        ([facets]) => facets,
      ),
      seq(
        [first(exception, globally, together, per, condition, window, about), word(",", ":")],
        ([facets]) => facets,
      ),
      seq([OPENING, first(exception, condition, window, per)], ([, facets]) => facets),
      seq(
        [
          phrase(`
            ( shadow ), ( in shadow ), ( shadow mode ), ( dry run ), dry run :, shadow rule :,
            shadow mode :, [ shadow ]
          `),
        ],
        (_, span): readonly Facet[] => [{ is: "mode", mode: "shadow", ...span }],
      ),
      map(
        phrase("please, rule :, policy :, always, make sure that, make sure, ensure that, ensure"),
        () => [],
      ),
    ),
  ),
  (lists) => lists.flat(),
);

/** What happens beyond a limit, where that is not simply a refusal. */
export const consequence: Parser<readonly Facet[]> = seq(
  [
    first(
      phrase(
        "; otherwise",
        ", otherwise",
        "otherwise",
        "; beyond that",
        "; if exceeded",
        ", or else",
        "or else",
        ", or",
        "or",
        "; then",
        ", then",
        "and then, then",
        "; above that",
        ", beyond that",
        ". beyond that",
        "; after that",
        ", after that",
        ", and if exceeded",
        "; else",
        "else",
      ),
    ),
    maybe(word(",")),
    first<readonly Facet[]>(
      map(phrase("halt everything", "shut everything down", "kill everything"), (_, span) => [
        { is: "then", then: "halt", ...span },
        { is: "object", object: "everything", facets: [], ...span },
      ]),
      map(phrase("halt the offender", "halt it", "halt them", "kill it", "shut it down"), (_, span) => [
        { is: "then", then: "halt", ...span },
        { is: "object", object: "offender", facets: [], ...span },
      ]),
      map(phrase("halt", "shut down"), (_, span) => [{ is: "then", then: "halt", ...span }]),
      map(
        phrase("only alert, alert, only warn, warn, alert me, alert only, just alert, warn me, notify me"),
        (_, span) => [{ is: "then", then: "alert", ...span }],
      ),
      map(
        phrase(`
          ask a human, ask me, ask, ask for approval, require approval, ask an operator, get approval,
          ask the operator
        `),
        (_, span) => [{ is: "then", then: "approve", ...span }],
      ),
      map(phrase("block, refuse, block it, refuse it, deny, stop"), (_, span) => [
        { is: "then", then: "block", ...span },
      ]),
    ),
    maybe(lasting),
  ],
  ([, , then, length]) => [...then, ...(length ?? [])],
);

/** The rest of a sentence: phrases in any order, then what happens beyond. */
export const rest: Parser<readonly Facet[]> = keep(
  first(
    seq([adjuncts, maybe(word(".", "!")), END], ([facets]) => facets),
    seq([adjuncts, consequence, adjuncts, maybe(word(".", "!")), END], ([before, then, after]) => [
      ...before,
      ...then,
      ...after,
    ]),
  ),
);
