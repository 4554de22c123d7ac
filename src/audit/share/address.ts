import { createHash } from "node:crypto";
import { lstatSync, realpathSync, statSync, unlinkSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How processes find each other; which one the system has. */
export type AddressKind = "abstract" | "file" | "pipe";

/** Systems allow paths of sockets about a hundred bytes. */
const MAX_SOCKET_PATH = 100;

/** Where the one listens who writes the log. */
export interface ShareAddress {
  readonly kind: AddressKind;
  /** For `listen` and `connect` of node:net. */
  readonly path: string;
}

export function addressKind(platform = process.platform): AddressKind {
  if (platform === "linux") return "abstract";
  return platform === "win32" ? "pipe" : "file";
}

/**
 * The address of a log. Its name follows from the directory itself, whatever path leads to it, and from the token: who
 * cannot read that cannot know where to sit down first. Whoever has bound the address writes the log. An abstract name
 * (Linux) and a pipe (Windows) are free again when their holder dies; a socket file is removed by whoever finds it dead.
 *
 * @throws the system's errors
 */
export function shareAddress(dir: string, token: string, kind = addressKind()): ShareAddress {
  const { dev, ino } = statSync(dir, { bigint: true });
  const about = `rein-share/1\n${token}\n${realpathSync(dir)}\n${dev}:${ino}`;
  const name = `rein-log-${createHash("sha256").update(about).digest("hex").slice(0, 32)}`;
  if (kind === "abstract") return { kind, path: `\0${name}` };
  if (kind === "pipe") return { kind, path: `\\\\.\\pipe\\${name}` };
  const path = join(realpathSync(dir), "share.sock");
  return { kind, path: Buffer.byteLength(path) < MAX_SOCKET_PATH ? path : join(tmpdir(), `${name}.sock`) };
}

/** Resolves when a socket file that nobody listens on is out of the way; false: somebody does, or it is no socket. */
export async function clearDeadSocket({ kind, path }: ShareAddress): Promise<boolean> {
  if (kind !== "file" || (await isAnswered(path))) return false;
  try {
    if (!lstatSync(path).isSocket()) return false;
    unlinkSync(path);
  } catch {
    // Another one was quicker.
  }
  return true;
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      resolve(error.code !== "ECONNREFUSED");
    });
  });
}

/** Names the file that a bound address is; undefined where it is none, or is gone. */
export function socketFile({ kind, path }: ShareAddress): bigint | undefined {
  return kind === "file" ? lstatSync(path, { bigint: true, throwIfNoEntry: false })?.ino : undefined;
}

/** Binds the address; undefined: somebody has. */
export function listenAt({ path }: ShareAddress): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE" || error.code === "EEXIST") resolve(undefined);
      else reject(error);
    });
    // Workers of node:cluster would share one socket.
    server.listen({ path, exclusive: true }, () => {
      server.removeAllListeners("error");
      server.on("error", () => undefined);
      resolve(server);
    });
  });
}
