export { SharePeer } from "./peer.js";
export type { PeerOptions } from "./peer.js";
