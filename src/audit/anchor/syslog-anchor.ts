import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { hostname } from "node:os";
import { InvalidInputError, messageOf, ReinError } from "../../core/errors.js";
import { hashToBase64 } from "../tree/index.js";
import { readHead } from "./anchor.js";
import type { Anchor, Published, PublishContext, SignedHead } from "./anchor.js";
import type { HeadList } from "./file-anchor.js";
import { runProgram } from "./run-program.js";

/** Facility authpriv (10), severity notice (5): RFC 5424, section 6.2.1. */
const PRIORITY = 10 * 8 + 5;
const TAG = "rein-audit";
/** More than a head with two signatures has; receivers take at least 2,048 bytes (RFC 5424, section 6.1). */
const MAX_MESSAGE_BYTES = 8192;
const PORT = 514;

/**
 * The system log, which is best sent on to another machine. By default the one of this machine, through the `logger`
 * command; `unix:/path` is another socket for it, `udp://host:port` a receiver of RFC 5424. None of them confirms.
 *
 * @throws InvalidInputError
 */
export function syslogAnchor(where = "local"): Anchor {
  const send = senderOf(where);
  return {
    kind: "syslog",
    where,
    isList: false,
    publish: async (head, context): Promise<Published> => {
      try {
        await send(syslogText(head), context);
        return { isNew: true, detail: {} };
      } catch (cause) {
        throw new ReinError("anchor_failed", `the head cannot be sent to syslog: ${messageOf(cause)}`, {
          help: "check that the syslog service runs, or name another: udp://HOST:PORT or unix:/PATH",
          cause,
        });
      }
    },
  };
}

/** One line that people can read, and that has the whole note for those who check it. */
export function syslogText({ origin, size, root, noteText }: SignedHead): string {
  const note = Buffer.from(noteText).toString("base64");
  return `checkpoint origin=${JSON.stringify(origin)} size=${size} root=${hashToBase64(root)} note=${note}`;
}

/** Finds the heads of a log in the lines of a system log. Lines that hold none are passed over. */
export function headsInSyslog(
  text: string,
  { origin, verifiers }: Pick<PublishContext, "verifiers"> & { readonly origin: string },
): HeadList {
  const heads: SignedHead[] = [];
  const problems: string[] = [];
  for (const match of text.matchAll(/ checkpoint origin=.{1,2000}? note=([A-Za-z0-9+/]{1,8000}={0,2})/g)) {
    const head = readHead(Buffer.from(match[1]!, "base64").toString("utf8"), origin, verifiers);
    if (typeof head !== "string") heads.push(head);
    // Other logs may write there, too.
    else if (!head.startsWith("is of the log")) problems.push(`a line of the system log ${head}`);
  }
  return { heads, problems };
}

type Send = (text: string, context: PublishContext) => Promise<void>;

function senderOf(where: string): Send {
  if (where === "local") return (text, context) => withLogger([], text, context);
  if (where.startsWith("unix:/")) {
    return (text, context) => withLogger(["--socket", where.slice("unix:".length)], text, context);
  }
  if (where.startsWith("udp://") && URL.canParse(where)) {
    const { hostname: host, port } = new URL(where);
    const address = host.replace(/^\[|\]$/g, "");
    if (address !== "") return (text, context) => overUdp(address, Number(port || PORT), text, context);
  }
  throw new InvalidInputError("syslog", `\`${where}\` is no place of a system log`, {
    help: "leave it out for this machine's, or give udp://HOST:PORT or unix:/PATH",
  });
}

async function withLogger(more: readonly string[], text: string, context: PublishContext): Promise<void> {
  // Without the last one, it says nothing when nobody listens. Only that of Linux knows it.
  const linux = ["--size", `${MAX_MESSAGE_BYTES}`, "--socket-errors=on"];
  const args = ["-t", TAG, "-p", "authpriv.notice", ...(process.platform === "linux" ? linux : []), ...more];
  const { code, stderr } = await runProgram("logger", [...args, "--", text], context);
  if (code !== 0 || /socket .*: /.test(stderr))
    throw new Error(`logger says: ${stderr.trim().slice(0, 500)}`);
}

/** One datagram as RFC 5424 and 5426 have it. */
function overUdp(address: string, port: number, text: string, { now }: PublishContext): Promise<void> {
  const host =
    hostname()
      .replace(/[^\x21-\x7e]/g, "")
      .slice(0, 255) || "-";
  const header = `<${PRIORITY}>1 ${new Date(now()).toISOString()} ${host} ${TAG} ${process.pid} checkpoint -`;
  const message = Buffer.from(`${header} ${text}`);
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
    socket.on("error", reject);
    socket.send(message, port, address, (error) => {
      socket.close();
      if (error === null) resolve();
      else reject(error);
    });
  });
}
