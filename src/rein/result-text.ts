/** How much of a result is looked at: what agents get back can be of any size, and this is on their time. */
const MAX_VALUES = 2000;
const MAX_DEPTH = 8;
const MAX_CHARS = 16_384;

/**
 * A result as text, equal for equal results; null for what has nothing to compare. Of a large one only the first
 * {@link MAX_VALUES} values and {@link MAX_CHARS} characters, and of a long text both ends count.
 */
export function resultText(result: unknown): string | null {
  if (typeof result === "string") return bothEnds(result);
  const writer: Writer = { text: "", values: 0 };
  try {
    if (!write(result, writer, 0)) return null;
  } catch {
    // A getter or a proxy: what cannot be read cannot be compared.
    return null;
  }
  return writer.text;
}

interface Writer {
  text: string;
  values: number;
}

/** False: there is nothing in it to compare. */
function write(value: unknown, writer: Writer, depth: number): boolean {
  if (writer.text.length >= MAX_CHARS || writer.values++ >= MAX_VALUES) return true;
  if (typeof value === "string") {
    writer.text += JSON.stringify(bothEnds(value));
    return true;
  }
  if (typeof value !== "object" || value === null) {
    const isPlain = ["number", "boolean", "bigint"].includes(typeof value) || value === null;
    writer.text += isPlain ? String(value) : "";
    return isPlain;
  }
  if (depth >= MAX_DEPTH) {
    writer.text += "…";
    return true;
  }
  if (ArrayBuffer.isView(value)) {
    const bytes = Buffer.from(value.buffer, value.byteOffset, Math.min(value.byteLength, MAX_CHARS / 4));
    writer.text += `${value.byteLength}:${bytes.toString("base64")}`;
    return true;
  }
  if (Array.isArray(value)) {
    writer.text += "[";
    for (let i = 0; i < value.length && writer.text.length < MAX_CHARS && writer.values < MAX_VALUES; i++) {
      write(value[i], writer, depth + 1);
      writer.text += ",";
    }
    writer.text += `]${value.length}`;
    return true;
  }
  return writeFields(value as Readonly<Record<string, unknown>>, writer, depth);
}

function writeFields(value: Readonly<Record<string, unknown>>, writer: Writer, depth: number): boolean {
  const names = Object.keys(value).sort();
  // A response, a map, a stream: what is in it does not show.
  if (names.length === 0 && ![Object.prototype, null].includes(Object.getPrototypeOf(value) as null))
    return false;
  writer.text += "{";
  for (const name of names) {
    if (writer.text.length >= MAX_CHARS || writer.values >= MAX_VALUES) break;
    writer.text += `${JSON.stringify(name)}:`;
    write(value[name], writer, depth + 1);
    writer.text += ",";
  }
  writer.text += "}";
  return true;
}

function bothEnds(text: string): string {
  if (text.length <= MAX_CHARS) return text;
  return `${text.slice(0, MAX_CHARS / 2)}…${text.length}…${text.slice(-MAX_CHARS / 2)}`;
}
