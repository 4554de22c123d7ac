import { createHash } from "node:crypto";
import { messageOf, ReinError } from "../../core/errors.js";
import {
  BOOLEAN,
  CONTEXT_0,
  der,
  derInteger,
  expectDer,
  GENERALIZED_TIME,
  INTEGER,
  NULL,
  OCTET_STRING,
  OID,
  readDer,
  SEQUENCE,
} from "./der.js";

/** 2.16.840.1.101.3.4.2.1 */
const SHA256 = Buffer.from("608648016503040201", "hex");
/** 1.2.840.113549.1.7.2 */
const SIGNED_DATA = Buffer.from("2a864886f70d010702", "hex");
/** 1.2.840.113549.1.9.16.1.4 */
const TST_INFO = Buffer.from("2a864886f70d0109100104", "hex");
/** PKIStatus of RFC 3161, section 2.4.2. */
const STATUS = [
  "granted",
  "grantedWithMods",
  "rejection",
  "waiting",
  "revocationWarning",
  "revocationNotification",
];

/** What a time-stamping authority says. */
export interface TimeStamp {
  /** ms since 1970, by its clock. */
  readonly at: number;
  /** Serial number, hexadecimal. */
  readonly serial: string;
}

/** Returns a TimeStampReq (RFC 3161, section 2.4.1) for the SHA-256 of some data, with its certificates asked for. */
export function timeStampRequest(data: Uint8Array, nonce: Uint8Array): Uint8Array {
  return der(
    SEQUENCE,
    derInteger(Buffer.from([1])),
    imprintOf(data),
    derInteger(nonce),
    der(BOOLEAN, Buffer.from([0xff])),
  );
}

/**
 * Reads a TimeStampResp (RFC 3161, section 2.4.2) and checks that it is about this data and this request. Its signature
 * is not checked here: see `verifyTimeStamp`.
 *
 * @throws ReinError `anchor_failed`
 */
export function readTimeStamp(reply: Uint8Array, data: Uint8Array, nonce?: Uint8Array): TimeStamp {
  try {
    const response = readDer(expectDer(readDer(reply), 0, SEQUENCE).bytes);
    checkStatus(expectDer(response, 0, SEQUENCE).bytes);
    const info = tstInfoOf(response[1]?.bytes);
    // version, policy, messageImprint, serialNumber, genTime, and then what is optional.
    if (!Buffer.from(der(SEQUENCE, expectDer(info, 2, SEQUENCE).bytes)).equals(imprintOf(data))) {
      throw new Error("it is about other data");
    }
    const isNonce = (element: { readonly tag: number; readonly bytes: Uint8Array }): boolean =>
      element.tag === INTEGER && Buffer.from(der(INTEGER, element.bytes)).equals(derInteger(nonce!));
    if (nonce !== undefined && !info.slice(5).some(isNonce)) throw new Error("it answers another request");
    const serial = Buffer.from(expectDer(info, 3, INTEGER).bytes).toString("hex");
    return { at: timeOf(expectDer(info, 4, GENERALIZED_TIME).bytes), serial };
  } catch (cause) {
    throw new ReinError("anchor_failed", `the time stamp is no good: ${messageOf(cause)}`, { cause });
  }
}

function imprintOf(data: Uint8Array): Uint8Array {
  const digest = createHash("sha256").update(data).digest();
  return der(SEQUENCE, der(SEQUENCE, der(OID, SHA256), der(NULL)), der(OCTET_STRING, digest));
}

function checkStatus(bytes: Uint8Array): void {
  const status = Buffer.from(expectDer(readDer(bytes), 0, INTEGER).bytes).readUIntBE(0, 1);
  if (status > 1) throw new Error(`the authority says \`${STATUS[status] ?? status}\``);
}

/** ContentInfo → SignedData → EncapsulatedContentInfo → TSTInfo (RFC 5652, RFC 3161 section 2.4.2). */
function tstInfoOf(content: Uint8Array | undefined) {
  const info = readDer(content ?? new Uint8Array(0));
  if (!Buffer.from(expectDer(info, 0, OID).bytes).equals(SIGNED_DATA)) throw new Error("it is not signed");
  const signed = readDer(expectDer(readDer(expectDer(info, 1, CONTEXT_0).bytes), 0, SEQUENCE).bytes);
  const inner = readDer(expectDer(signed, 2, SEQUENCE).bytes);
  if (!Buffer.from(expectDer(inner, 0, OID).bytes).equals(TST_INFO))
    throw new Error("it holds no time stamp");
  const octets = expectDer(readDer(expectDer(inner, 1, CONTEXT_0).bytes), 0, OCTET_STRING).bytes;
  return readDer(expectDer(readDer(octets), 0, SEQUENCE).bytes);
}

/** `20260105120000.5Z` */
function timeOf(bytes: Uint8Array): number {
  const text = Buffer.from(bytes).toString("latin1");
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d{1,9})?Z$/.exec(text);
  if (match === null) throw new Error("its time is malformed");
  const [, year, month, day, hours, minutes, seconds, fraction = ""] = match;
  const at = Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`);
  if (Number.isNaN(at)) throw new Error("its time does not exist");
  return at + Math.floor(Number(`0${fraction}`) * 1000);
}
