import { expect, test, vi } from "vitest";
import { type AnthropicClient, suggestWithAiSdk, suggestWithAnthropic } from "./suggest.js";

const { signal } = new AbortController();

function client(answer: Awaited<ReturnType<AnthropicClient["messages"]["create"]>>) {
  return { messages: { create: vi.fn<AnthropicClient["messages"]["create"]>(async () => answer) } };
}

test("the Anthropic SDK is asked one question, and only text of its answer counts", async () => {
  const content = [
    { type: "thinking", thinking: "hm" },
    { type: "text", text: "Cap " },
    { type: "tool_use", text: "no" },
    { type: "text", text: "it" },
  ];
  const sdk = client({ content, stop_reason: "end_turn" });
  const suggest = suggestWithAnthropic(sdk, { model: "a-model" });
  expect(await suggest("which rule?", { signal })).toBe("Cap it");
  expect(sdk.messages.create.mock.calls).toEqual([
    [
      { model: "a-model", max_tokens: 1024, messages: [{ role: "user", content: "which rule?" }] },
      { signal },
    ],
  ]);
});

test("the AI SDK is asked one question", async () => {
  const generateText = vi.fn(async () => ({ text: "Cap it", finishReason: "stop" }));
  const suggest = suggestWithAiSdk({ generateText, model: "a-model", maxTokens: 50 });
  expect(await suggest("which rule?", { signal })).toBe("Cap it");
  expect(generateText.mock.calls).toEqual([
    [{ model: "a-model", prompt: "which rule?", maxOutputTokens: 50, abortSignal: signal }],
  ]);
});

test("an answer that was cut off is none: half a sentence may be a rule, too", async () => {
  const content = [{ type: "text", text: "Never allow actions" }];
  const anthropic = suggestWithAnthropic(client({ content, stop_reason: "max_tokens" }), { model: "m" });
  await expect(anthropic("?", { signal })).rejects.toThrow("cut off");
  const generateText = async () => ({ text: "Never allow actions", finishReason: "length" });
  await expect(suggestWithAiSdk({ generateText, model: "m" })("?", { signal })).rejects.toThrow("cut off");
});
