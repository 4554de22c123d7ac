/** Text that is markup already: everything else is escaped. */
export interface Markup {
  readonly markup: string;
}

export type Content = string | Markup | readonly Content[];

/** Elements of HTML that have no end. */
const VOID = new Set(["br", "meta"]);

/**
 * Returns an element as markup that HTML and XML both read the same way. Text and values are escaped, and characters
 * that XML forbids replaced; a value that is undefined leaves its attribute out.
 */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>> = {},
  ...content: readonly Content[]
): Markup {
  let start = `<${name}`;
  for (const [key, value] of Object.entries(attributes)) {
    // A line end inside a value would be read as a space.
    if (value !== undefined) start += ` ${key}="${escaped(String(value)).replace(/\n/g, "&#10;")}"`;
  }
  return { markup: VOID.has(name) ? `${start} />` : `${start}>${joined(content)}</${name}>` };
}

function joined(content: Content): string {
  if (typeof content === "string") return escaped(content);
  return "markup" in content ? content.markup : content.map(joined).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

// As `harmless` has it, but lines stay lines.
const HARMFUL = /(?![\t\n])[\p{Cc}\p{Cs}\u200e\u200f\u2028-\u202e\u2066-\u2069\ufffe\uffff]/gu;

function escaped(text: string): string {
  return text.replace(HARMFUL, "\ufffd").replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
