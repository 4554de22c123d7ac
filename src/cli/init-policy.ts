/** Where the JSON Schema of policies lies in the installed package, from the project's root. */
export const SCHEMA_IN_PROJECT = "node_modules/rein/schema/policy.schema.json";

/**
 * The policy that `rein init` writes: safe for an agent that nobody knows yet. It must hold without a change, so what
 * needs to know the agent's tools, balances or signals is there, commented out.
 *
 * @param schema where editors find the schema, from the policy's directory
 */
export function starterPolicy(schema: string): string {
  return `# yaml-language-server: $schema=${schema}
#
# What the agents of this project may do.
#
# The source is who acts: an agent. \`planner/search\` is a sub-agent of \`planner\`, and counts for both.
# The series is what it does: a tool, such as \`send_email\`. Each action says what it may cost, as cost.usd.
#
# All rules are read together, the strictest answer wins, and their order never matters. A rule blocks what it does
# not allow; \`then: approve\` asks a human instead, \`then: alert\` only tells, and \`then: halt\` stops everything it
# matches until somebody resumes it. \`per\` gives each source or series a count of its own. \`mode: shadow\` on a rule
# tries that rule out: it says what it would have done.
#
#   rein schema                                      every rule and field there is
#   rein replay sessions.jsonl -p rein.policy.yaml   what this policy would have refused in recorded sessions

rules:
  # What an agent may spend in any 24 hours. An action that does not say what it costs counts as one cent; without
  # \`assume\` it is refused, which is stricter, and right once every action says it.
  - id: daily-budget
    kind: budget
    measure: usd
    limit: 20
    window: 1d
    assume: 0.01
    per: source

  # All agents together: this much is no accident any more. Everything stops until somebody has looked.
  - id: stop-spending
    kind: budget
    measure: usd
    limit: 50
    window: 1d
    assume: 0.01
    then: halt

  # An agent out of control is fast: 60 actions a minute in the long run, and 30 at once.
  - id: pace
    kind: rate
    limit: 60
    window: 1m
    burst: 30
    per: source

  # An agent in a loop calls the same tool over and over.
  - id: same-tool
    kind: rate
    limit: 30
    window: 1m
    per: [source, series]

  # What people receive cannot be taken back.
  - id: messages
    kind: rate
    match:
      series: ["**send**", "**Send**", "**post_**", "**publish**", "**notify**"]
    limit: 20
    window: 1h
    per: source

  # What is gone is gone: a human agrees first. Names are matched letter by letter, so name your own tools here.
  - id: destructive
    kind: access
    match:
      series:
        - "**delete**"
        - "**Delete**"
        - "**remove**"
        - "**Remove**"
        - "**destroy**"
        - "**Destroy**"
        - "**drop_**"
        - "**truncate**"
        - "**wipe**"
        - "**purge**"
        - "**revoke**"
        - "**terminate**"
    effect: approve

  # Money leaves only when a human agreed. To let small sums through, add to \`match\`, for tools with an \`amount\`:
  #   args: { amount: { over: 100 } }
  - id: payments
    kind: access
    match:
      series:
        - "**pay_**"
        - "**payment**"
        - "**Payment**"
        - "**refund**"
        - "**Refund**"
        - "**transfer**"
        - "**Transfer**"
        - "**purchase**"
        - "**withdraw**"
      except:
        series: ["get*", "list*", "read*", "search*", "find*"]
    effect: approve

  # A tool that fails is not helped by more calls: after five failures in a row it rests for five minutes, and then
  # one trial decides.
  - id: failing-tool
    kind: errors
    consecutive: 5
    for: 5m
    per: series

  # An agent of which half fails, whatever the tool, has lost its way.
  - id: failing-agent
    kind: errors
    ratePct: 50
    window: 10m
    minCalls: 20
    for: 10m
    per: source

  # A call that hangs is ended: its signal aborts, its sockets and child processes are closed.
  - id: hanging-call
    kind: timeout
    limit: 2m

  # At the same time; ten that are in flight when something goes wrong are ten to stop.
  - id: at-once
    kind: concurrency
    limit: 10
    per: source

  # ---- From here on: rules that need to know your agents. Take the "# " away, and name your own tools. ----

  # The strongest rule there is: only these tools, and nothing else.
  # - id: only-these
  #   kind: access
  #   match:
  #     series: ["search", "read_*", "send_email"]
  #   effect: allow

  # Deployments in office hours only.
  # - id: office-hours
  #   kind: access
  #   match:
  #     series: "deploy*"
  #     except:
  #       schedule: { days: weekdays, from: "09:00", to: "17:00", timeZone: UTC }
  #   effect: deny

  # No single call with more tokens than this; each call says how many, as cost.tokens.
  # - id: large-prompts
  #   kind: size
  #   match:
  #     series: "llm*"
  #   measure: tokens
  #   limit: 100000

  # For agents that trade: these watch what rein.balance() is told.
  # - id: daily-loss
  #   kind: loss
  #   limitPct: 5
  #   from: day
  #   then: halt
  # - id: balance-floor
  #   kind: floor
  #   limit: 100
  #   then: halt

  # Nobody trades on old prices: blocks until rein.signal("price_feed", …) is heard, and when it falls silent.
  # - id: price-feed
  #   kind: stale
  #   match:
  #     series: "trade*"
  #   signal: price_feed
  #   maxAge: 30s
`;
}
