/** Rules that concern every lane of `THOUSAND_LANES`, with limits that are never reached. */
export function matchingSentences(): string[] {
  return [
    "Cap each caller at 1,000,000 requests per second with bursts of 1,000,000",
    "Spend at most $1,000,000,000 a day",
    "Each agent may have at most 1,000 calls in flight",
    "No single call above $500",
    "Pause a tool for 5 minutes after 5 failures in a row",
  ];
}

/** Rules about somebody else. */
export function otherSentences(count: number): string[] {
  const about: readonly ((i: number) => string)[] = [
    (i) => `\`other-${i}\` may make at most 10 calls per minute`,
    (i) => `Never call \`drop_${i}\``,
    (i) => `Ask a human before any call to \`refund_${i}\``,
    (i) => `Let \`other-${i}\` spend at most $${(i % 90) + 1} a day`,
    (i) => `Allow at most ${(i % 9) + 1} calls per hour to anything starting with \`delete_${i}_\``,
  ];
  return Array.from({ length: count }, (_, i) => about[i % about.length]!(i));
}

/** Sentences of all kinds, no two of them the same. */
export function manySentences(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const n = Math.floor(i / TEMPLATES.length) + 2;
    return TEMPLATES[i % TEMPLATES.length]!(n);
  });
}

const TEMPLATES: readonly ((n: number) => string)[] = [
  (n) => `Cap each caller at ${n} requests per second with bursts of ${2 * n}`,
  (n) => `Limit each agent to ${n} calls per minute`,
  (n) => `No agent may make more than ${n} calls every ${n + 1} seconds`,
  (n) => `Set a global limit of ${100 * n} requests per second across the system`,
  (n) => `Send at most ${n} emails per hour`,
  (n) => `At most ${n} emails per day per recipient`,
  (n) => `The research agent may send at most ${n} emails per hour`,
  (n) => `Limit anything starting with \`delete_${n}\` to ${n} calls per hour`,
  (n) => `Alert me when an agent makes more than ${n} calls in a minute`,
  (n) => `If an agent makes more than ${n} calls in a minute, pause it for ${n} minutes`,
  (n) => `Spend at most $${n} a day per agent, excluding search`,
  (n) => `All agents together may spend no more than $${10 * n} today`,
  (n) => `Each agent may use at most ${n}k tokens per hour`,
  (n) => `Spend at most $${n} per run`,
  (n) => `At most ${n} deployments at once`,
  (n) => `Each agent may have at most ${n} calls in flight`,
  (n) => `Never let the intern bot call \`drop_${n}\``,
  (n) => `Ask a human before any refund over $${n}`,
  (n) => `Only allow trades on weekdays between 09:${String((n % 50) + 10)} and 16:00 New York time`,
  (n) => `Only \`trader-${n}\` may place orders`,
  (n) => `In shadow: never let the intern bot delete anything where the cost is over $${n}`,
  (n) => `No single order above $${n}`,
  (n) => `Kill any call that runs longer than ${n} minutes`,
  (n) => `Halt the portfolio when losses exceed ${n} percent`,
  (n) => `Stop trading when the drawdown exceeds ${n} percent`,
  (n) => `Stop when the balance falls below $${n}`,
  (n) => `Pause a tool for ${n} minutes after ${n} failures in a row`,
  (n) => `Block a tool when more than ${n} percent of its calls fail within a minute`,
  (n) => `Stop trading when the price feed is older than ${n} seconds`,
  (n) => `Alert when deny rate exceeds ${n} percent over a 60 second window`,
  (n) => `Halt when more than ${n} new recipients appear within a minute`,
  (n) => `Detect runaway callers at ${n}x baseline`,
  (n) => `Stop an agent that makes the same call ${n} times in a row`,
  (n) => `Require ${n} samples before killing a strategy`,
  (n) => `Debounce status changes for ${n} seconds`,
];
