/** Words of which results, subjects and queries are made; no digits, because rules that compare results pass those over. */
export const WORDS = [
  ...[
    "account",
    "answer",
    "article",
    "average",
    "balance",
    "branch",
    "budget",
    "cable",
    "calendar",
    "change",
  ],
  ...["charge", "clause", "column", "contract", "copy", "courier", "customer", "delay", "delivery", "detail"],
  ...["device", "discount", "document", "draft", "engine", "entry", "error", "estimate", "event", "example"],
  ...["export", "figure", "filter", "folder", "forecast", "garden", "handle", "header", "history", "image"],
  ...["index", "invoice", "item", "journey", "kitchen", "label", "language", "ledger", "letter", "library"],
  ...["limit", "market", "matrix", "meeting", "message", "method", "minute", "module", "monitor", "network"],
  ...["notice", "number", "object", "office", "order", "outline", "package", "panel", "parcel", "payment"],
  ...[
    "period",
    "picture",
    "planet",
    "policy",
    "price",
    "printer",
    "problem",
    "process",
    "product",
    "profile",
  ],
  ...[
    "project",
    "quarter",
    "question",
    "record",
    "region",
    "release",
    "report",
    "request",
    "result",
    "return",
  ],
  ...["review", "river", "sample", "schema", "season", "section", "server", "service", "shelf", "signal"],
  ...[
    "station",
    "storage",
    "summary",
    "supplier",
    "surface",
    "survey",
    "table",
    "target",
    "ticket",
    "timetable",
  ],
  ...["topic", "travel", "update", "value", "vendor", "version", "village", "warranty", "window", "winter"],
] as const;

const FIRST = [
  ...[
    "ada",
    "ben",
    "carla",
    "dev",
    "elif",
    "femi",
    "greta",
    "hugo",
    "ines",
    "jonas",
    "kaya",
    "lena",
    "marek",
  ],
  ...[
    "nadia",
    "oscar",
    "priya",
    "quinn",
    "rosa",
    "sven",
    "tara",
    "umar",
    "vera",
    "wen",
    "ximena",
    "yusuf",
    "zoe",
  ],
] as const;
const LAST = [
  ...[
    "adler",
    "baker",
    "costa",
    "dubois",
    "evans",
    "fischer",
    "garcia",
    "haas",
    "ito",
    "jensen",
    "khan",
    "lopez",
  ],
  ...[
    "meyer",
    "novak",
    "okafor",
    "patel",
    "rossi",
    "silva",
    "tanaka",
    "ueda",
    "varga",
    "weber",
    "young",
    "zhou",
  ],
] as const;

/** The nth person, all of them different. */
export function personOf(n: number): string {
  const first = FIRST[n % FIRST.length]!;
  const last = LAST[Math.floor(n / FIRST.length) % LAST.length]!;
  const round = Math.floor(n / (FIRST.length * LAST.length));
  return round === 0 ? `${first}.${last}` : `${first}.${last}.${round}`;
}

/** The nth company's domain, all of them different. */
export function domainOf(n: number): string {
  const [first, second] = [WORDS[n % WORDS.length]!, WORDS[(n * 7 + 3) % WORDS.length]!];
  const round = Math.floor(n / WORDS.length);
  return round === 0 ? `${first}-${second}.example` : `${first}-${second}-${round}.example`;
}
