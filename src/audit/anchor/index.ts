/**
 * Anchors: places outside of a log where its heads are put, and what they say about it later.
 */
export { contradictionOf, readHead } from "./anchor.js";
export type {
  Anchor,
  AnchorKind,
  Contradiction,
  LogView,
  Published,
  PublishContext,
  SignedHead,
} from "./anchor.js";
export { fileAnchor, readHeadList } from "./file-anchor.js";
export type { HeadList } from "./file-anchor.js";
export { branchOf, gitAnchor, readGitHeads } from "./git-anchor.js";
export type { GitAnchorOptions } from "./git-anchor.js";
export { headsInSyslog, syslogAnchor } from "./syslog-anchor.js";
export { webhookAnchor } from "./webhook-anchor.js";
export type { WebhookOptions } from "./webhook-anchor.js";
export { tsaAnchor, verifyTimeStamp } from "./tsa-anchor.js";
export type { TsaOptions } from "./tsa-anchor.js";
export { readTimeStamp, timeStampRequest } from "./time-stamp.js";
export type { TimeStamp } from "./time-stamp.js";
export { listReceipts, receiptRecord } from "./receipts.js";
export type { KeptReceipt, Receipt, ReceiptRecord } from "./receipts.js";
export { anchorHead } from "./publish.js";
export type { Anchored, AnchorName, AnchorOptions, AnchorProblem } from "./publish.js";
export { checkAnchors } from "./check.js";
export type {
  AnchorCheck,
  AnchorContradiction,
  AnchorPlaces,
  CheckAnchorsOptions,
  Coverage,
} from "./check.js";
export { LogTree } from "./log-tree.js";
