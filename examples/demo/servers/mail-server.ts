import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";

/** An SMTP server that keeps the addresses it took mail for. */
export interface MailServer {
  readonly port: number;
  /** One entry for every mail and recipient, in order. */
  readonly delivered: readonly string[];
  close(): Promise<void>;
}

export async function startMailServer(): Promise<MailServer> {
  const delivered: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS", "AUTH"],
    // The name of a loopback address is nobody's business, and asking for it would need a network.
    disableReverseLookup: true,
    logger: false,
    onData(stream, session, done) {
      stream.resume();
      stream.on("end", () => {
        // Only a mail that has arrived in full counts.
        delivered.push(...session.envelope.rcptTo.map(({ address }) => address));
        done();
      });
    },
  });
  // A client that hangs up is not this server's problem.
  server.on("error", () => undefined);
  const port = await new Promise<number>((resolve) => {
    const { server: socket } = server;
    server.listen(0, "127.0.0.1", () => {
      resolve((socket.address() as AddressInfo).port);
    });
  });
  return {
    port,
    delivered,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
      }),
  };
}
