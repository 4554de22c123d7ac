import type { Remedied } from "../remedy.js";
import type { MissingSentences, RedTeamData } from "./data.js";

/** What was tried, and what was not. */
export const SENTENCES_NOTE =
  "What stands together was added to this policy and met the attacks that it names, but no honest work: run the red team again with what you add.";

/** The sentences that contain what was missed; attacks that lack the same ones are together. */
export function missingSentences(remedies: readonly Remedied[]): MissingSentences[] {
  const found = new Map<string, { sentences: readonly string[]; attacks: string[] }>();
  for (const { attack, sentences, contains } of remedies) {
    if (!contains) continue;
    const key = [...sentences].sort().join("\n");
    const same = found.get(key);
    if (same === undefined) found.set(key, { sentences, attacks: [attack] });
    else same.attacks.push(attack);
  }
  return [...found.values()];
}

/** What contains an attack that was missed; null: its remedy does not. */
export function sentencesFor({ missing }: RedTeamData, attack: string): readonly string[] | null {
  return missing.find(({ attacks }) => attacks.includes(attack))?.sentences ?? null;
}

/** "together contain wiper-prompt, drive-wipe". */
export function containsText({ sentences, attacks }: MissingSentences): string {
  return `${sentences.length === 1 ? "contains" : "together contain"} ${attacks.join(", ")}`;
}

/** Which of the missed attacks no sentence is known for; null: there is none. */
export function unremediedText(data: RedTeamData): string | null {
  const ids = data.attacks
    .filter(({ id, missed }) => missed > 0 && sentencesFor(data, id) === null)
    .map(({ id }) => id);
  return ids.length === 0 ? null : `not contained by what their authors propose: ${ids.join(", ")}`;
}
