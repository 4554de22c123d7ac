export type { Ack } from "./ack.js";
export type { AddressKind } from "./address.js";
export { OUTBOX_BYTES, SharePeer } from "./peer.js";
export type { PeerOptions } from "./peer.js";
