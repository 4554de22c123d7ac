/*
 * Why a slice has its status: bits, for several axes may agree.
 */

export const FILL = 1;
export const SLIPPED = 2;
export const EDGE = 4;
export const CAPITAL_LOST = 8;
/** Clearly less is realized than was predicted. */
export const SHORT = 16;
/** The tests that kill. */
export const FILL_TEST = 32;
export const EDGE_TEST = 64;
export const OPERATOR = 128;
export const RESTARTED = 256;
export const PROBED = 512;
export const TOO_FEW = 1024;
