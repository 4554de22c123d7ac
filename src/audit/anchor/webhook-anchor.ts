import { InvalidInputError, messageOf, ReinError } from "../../core/errors.js";
import { hashToBase64 } from "../tree/index.js";
import { bodyText } from "../witness/body-text.js";
import type { Anchor, PublishContext, SignedHead } from "./anchor.js";

export interface WebhookOptions {
  readonly url: string;
  /** Sends `{ origin, size, root, at, note }` rather than the note alone. */
  readonly json?: boolean | undefined;
  readonly fetch?: typeof fetch;
}

const MAX_ANSWER_BYTES = 16 * 1024;

/**
 * A web service that takes heads: the note is posted as text, or in JSON.
 *
 * @throws InvalidInputError
 */
export function webhookAnchor({ url, json = false, fetch: fetchNow = fetch }: WebhookOptions): Anchor {
  const where = harmlessUrl(url, "webhook");
  return {
    kind: "webhook",
    where,
    isList: false,
    publish: async (head, context) => {
      try {
        const response = await fetchNow(url, {
          method: "POST",
          headers: { "content-type": json ? "application/json" : "text/plain; charset=utf-8" },
          body: json ? envelope(head, context.now()) : head.noteText,
          redirect: "error",
          signal: signalOf(context),
        });
        const answer = await bodyText(response, MAX_ANSWER_BYTES);
        if (!response.ok) throw new Error(`it answers ${response.status}: ${answer.slice(0, 200)}`);
        return { isNew: true, detail: { status: response.status }, data: Buffer.from(answer) };
      } catch (cause) {
        throw new ReinError("anchor_failed", `\`${where}\` did not take the head: ${reasonOf(cause)}`, {
          help: "it must answer 2xx; try again when it does",
          cause,
        });
      }
    },
  };
}

/**
 * A URL for messages and receipts: what may be secret (user, password, query) is left out.
 *
 * @throws InvalidInputError
 */
export function harmlessUrl(text: string, field: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new InvalidInputError(field, `\`${field}\` must be a URL that begins with http:// or https://`);
  }
  return `${url.protocol}//${url.host}${url.pathname}`;
}

export function signalOf({ timeoutMs, signal }: PublishContext): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMs);
  return signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
}

/** What `fetch` says hides its reason. */
export function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return cause instanceof Error ? messageOf(cause) : messageOf(error);
}

function envelope({ origin, size, root, noteText }: SignedHead, at: number): string {
  return JSON.stringify({ origin, size, root: hashToBase64(root), at, note: noteText });
}
