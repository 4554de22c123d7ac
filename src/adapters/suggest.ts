import type { Suggest } from "../policy/index.js";

/** What is used of a client of the Anthropic SDK: `new Anthropic()` fits. */
export interface AnthropicClient {
  readonly messages: {
    create(
      body: {
        model: string;
        max_tokens: number;
        messages: { role: "user"; content: string }[];
      },
      options?: { signal?: AbortSignal },
    ): PromiseLike<{
      readonly content: readonly { readonly type: string; readonly text?: string }[];
      readonly stop_reason?: string | null;
    }>;
  };
}

/** What is used of the AI SDK's `generateText`. */
export type GenerateText<M> = (options: {
  model: M;
  prompt: string;
  maxOutputTokens?: number;
  abortSignal?: AbortSignal;
}) => PromiseLike<{ readonly text: string; readonly finishReason?: string }>;

// One sentence, and room for a model that clears its throat.
const MAX_TOKENS = 1024;

/**
 * A `suggest` for `suggestPolicy` that asks a model through the Anthropic SDK. The client is the caller's; an answer
 * that was cut off is none.
 *
 * @example
 * ```ts
 * import { suggestPolicy } from "rein";
 * import { suggestWithAnthropic, type AnthropicClient } from "rein/suggest";
 *
 * declare const client: AnthropicClient; // new Anthropic()
 * const suggest = suggestWithAnthropic(client, { model: "claude-sonnet-4-5" });
 * const { lines } = await suggestPolicy(["interns should keep their hands off prod"], suggest);
 * ```
 */
export function suggestWithAnthropic(
  client: AnthropicClient,
  options: { readonly model: string; readonly maxTokens?: number | undefined },
): Suggest {
  const { model, maxTokens = MAX_TOKENS } = options;
  return async (prompt, { signal }) => {
    const { content, stop_reason: reason } = await client.messages.create(
      { model, max_tokens: maxTokens, messages: [{ role: "user", content: prompt }] },
      { signal },
    );
    if (reason === "max_tokens") throw new Error("the answer was cut off");
    return content.map((block) => (block.type === "text" ? (block.text ?? "") : "")).join("");
  };
}

/**
 * A `suggest` for `suggestPolicy` that asks a model through the AI SDK; pass its `generateText` and a model.
 *
 * @example
 * ```ts
 * import { suggestPolicy } from "rein";
 * import { suggestWithAiSdk, type GenerateText } from "rein/suggest";
 *
 * declare const generateText: GenerateText<string>; // import { generateText } from "ai"
 * const suggest = suggestWithAiSdk({ generateText, model: "anthropic/claude-sonnet-4.5" });
 * const { lines } = await suggestPolicy(["interns should keep their hands off prod"], suggest);
 * ```
 */
export function suggestWithAiSdk<M>(parts: {
  readonly generateText: GenerateText<M>;
  readonly model: M;
  readonly maxTokens?: number | undefined;
}): Suggest {
  const { generateText, model, maxTokens = MAX_TOKENS } = parts;
  return async (prompt, { signal }) => {
    const { text, finishReason } = await generateText({
      model,
      prompt,
      maxOutputTokens: maxTokens,
      abortSignal: signal,
    });
    if (finishReason === "length") throw new Error("the answer was cut off");
    return text;
  };
}
