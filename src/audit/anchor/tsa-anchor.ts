import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf, ReinError } from "../../core/errors.js";
import { bodyBytes } from "../witness/body-text.js";
import type { Anchor, Published, PublishContext } from "./anchor.js";
import { runProgram } from "./run-program.js";
import { readTimeStamp, timeStampRequest } from "./time-stamp.js";
import { harmlessUrl, reasonOf, signalOf } from "./webhook-anchor.js";

export interface TsaOptions {
  readonly url: string;
  /** Certificates of the authority's issuers, in PEM; without them its signature is not checked when it comes. */
  readonly caFile?: string | undefined;
  readonly fetch?: typeof fetch;
}

const MAX_REPLY_BYTES = 256 * 1024;
const NONCE_BYTES = 8;

/**
 * A time-stamping authority (RFC 3161): it signs that the head existed at some time. What it answers proves that
 * without it, and without whoever keeps the log.
 *
 * @throws InvalidInputError
 */
export function tsaAnchor({ url, caFile, fetch: fetchNow = fetch }: TsaOptions): Anchor {
  const where = harmlessUrl(url, "tsa");
  return {
    kind: "tsa",
    where,
    isList: false,
    publish: async ({ noteText }, context): Promise<Published> => {
      const data = Buffer.from(noteText);
      const nonce = randomBytes(NONCE_BYTES);
      const reply = await stamp(data, nonce, context);
      const { at, serial } = readTimeStamp(reply, data, nonce);
      if (caFile !== undefined) await verifyTimeStamp(reply, data, caFile, context);
      const verified = caFile === undefined ? "no" : "yes";
      return { isNew: true, detail: { stampedAt: at, serial, verified }, data: reply };
    },
  };

  async function stamp(data: Uint8Array, nonce: Uint8Array, context: PublishContext): Promise<Uint8Array> {
    try {
      const response = await fetchNow(url, {
        method: "POST",
        headers: { "content-type": "application/timestamp-query", accept: "application/timestamp-reply" },
        body: Buffer.from(timeStampRequest(data, nonce)),
        redirect: "error",
        signal: signalOf(context),
      });
      const reply = await bodyBytes(response, MAX_REPLY_BYTES);
      if (!response.ok) throw new Error(`it answers ${response.status}`);
      return reply;
    } catch (cause) {
      throw new ReinError("anchor_failed", `\`${where}\` gives no time stamp: ${reasonOf(cause)}`, {
        help: "check the address of the time-stamping authority, and that it can be reached from here",
        cause,
      });
    }
  }
}

/**
 * Checks a time stamp with `openssl ts -verify`: its signature, the certificates up to a trusted one, and the data.
 *
 * @throws ReinError `anchor_failed`
 */
export async function verifyTimeStamp(
  reply: Uint8Array,
  data: Uint8Array,
  caFile: string,
  { timeoutMs, signal }: Pick<PublishContext, "timeoutMs" | "signal">,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "rein-tsa-"));
  try {
    const [replyFile, dataFile] = [join(dir, "reply.tsr"), join(dir, "data")];
    await Promise.all([writeFile(replyFile, reply), writeFile(dataFile, data)]);
    const args = ["ts", "-verify", "-in", replyFile, "-data", dataFile, "-CAfile", caFile];
    const { code, stderr } = await runProgram("openssl", args, { timeoutMs, signal });
    if (code === 0) return;
    const lines = stderr.split("\n").filter((line) => /:error:|^error/i.test(line));
    throw new Error(`openssl says: ${(lines[0] ?? stderr).trim().slice(0, 300)}`);
  } catch (cause) {
    throw new ReinError("anchor_failed", `the time stamp does not verify: ${messageOf(cause)}`, {
      help: `check that \`${caFile}\` has the certificates of the authority's issuers`,
      cause,
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
