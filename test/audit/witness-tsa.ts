import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Loopback } from "../support/loopback.js";

/** A time-stamping authority that is real but for its fame: openssl behind a small server. */
export interface Tsa {
  readonly server: Loopback;
  readonly url: string;
  /** Certificates of its issuer. */
  readonly caFile: string;
  /** What it answers from now on in the place of a time stamp; null for time stamps again. */
  answer: Uint8Array | null;
}

const CONFIG = (dir: string): string => `
[ca]
distinguished_name = dn
x509_extensions = ca_ext
prompt = no
[dn]
CN = Test time stamps
[ca_ext]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
[tsa_ext]
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = tsa1
[tsa1]
dir = ${dir}
serial = ${dir}/serial
signer_cert = ${dir}/tsa.pem
certs = ${dir}/ca.pem
signer_key = ${dir}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
`;

export async function startTsa(): Promise<Tsa> {
  const dir = mkdtempSync(join(tmpdir(), "rein-tsa-"));
  const openssl = (...args: string[]): void => {
    execFileSync("openssl", args, { cwd: dir, stdio: "pipe" });
  };
  writeFileSync(join(dir, "tsa.cnf"), CONFIG(dir));
  writeFileSync(join(dir, "serial"), "01\n");
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...newKey,
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
    "-config",
    "tsa.cnf",
    "-section",
    "ca",
  );
  openssl(
    "req",
    ...newKey,
    "-keyout",
    "tsa.key",
    "-out",
    "tsa.csr",
    "-subj",
    "/CN=Test TSA",
    "-config",
    "tsa.cnf",
    "-section",
    "ca",
  );
  const issue = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2"];
  openssl(
    "x509",
    "-req",
    "-in",
    "tsa.csr",
    ...issue,
    "-extfile",
    "tsa.cnf",
    "-extensions",
    "tsa_ext",
    "-out",
    "tsa.pem",
  );
  const tsa = { caFile: join(dir, "ca.pem"), answer: null as Uint8Array | null };
  const server = await Loopback.start((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      writeFileSync(join(dir, "query.tsq"), Buffer.concat(pieces));
      if (tsa.answer === null) {
        openssl("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query.tsq", "-out", "reply.tsr");
      }
      response.writeHead(200, { "content-type": "application/timestamp-reply" });
      response.end(tsa.answer ?? readFileSync(join(dir, "reply.tsr")));
    });
  });
  return Object.assign(tsa, { server, url: server.url });
}
