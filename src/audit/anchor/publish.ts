import type { Disk } from "../../core/disk.js";
import { messageOf, ReinError } from "../../core/errors.js";
import { hashToBase64 } from "../tree/index.js";
import type { Anchor, AnchorKind, Contradiction, PublishContext, SignedHead } from "./anchor.js";
import { keepReceipt, listReceipts } from "./receipts.js";
import type { KeptReceipt } from "./receipts.js";

export interface AnchorOptions extends PublishContext {
  readonly disk: Disk;
  /** Of the log. */
  readonly dir: string;
  readonly head: SignedHead;
  readonly anchors: readonly Anchor[];
}

/** What came of putting a head to its anchors. */
export interface Anchored {
  /** New ones: `receiptRecord` makes of each what the log should say about it. */
  readonly receipts: readonly KeptReceipt[];
  /** Anchors that had the head already, or a newer one. */
  readonly unchanged: readonly AnchorName[];
  readonly problems: readonly AnchorProblem[];
}

export interface AnchorName {
  readonly kind: AnchorKind;
  readonly where: string;
}

export interface AnchorProblem extends AnchorName {
  readonly message: string;
  readonly help?: string;
  /** There when the place holds a head that the log does not lead to. */
  readonly contradiction?: Contradiction["contradiction"];
  readonly noteText?: string;
}

/**
 * Puts a head of a log to all its anchors at once, and keeps a receipt of each. What goes wrong with one is told and
 * does not keep the others from it. Nothing is added to the log itself: only its writer does that.
 */
export async function anchorHead(options: AnchorOptions): Promise<Anchored> {
  const outcomes = await Promise.all(options.anchors.map((anchor) => putTo(anchor, options)));
  const receipts: KeptReceipt[] = [];
  const unchanged: AnchorName[] = [];
  const problems: AnchorProblem[] = [];
  for (const outcome of outcomes) {
    if ("file" in outcome) receipts.push(outcome);
    else if ("message" in outcome) problems.push(outcome);
    else unchanged.push(outcome);
  }
  return { receipts, unchanged, problems };
}

async function putTo(
  anchor: Anchor,
  options: AnchorOptions,
): Promise<KeptReceipt | AnchorProblem | AnchorName> {
  const { disk, dir, head, now } = options;
  const { kind, where } = anchor;
  try {
    if (!anchor.isList && hasReceipt(anchor, options)) return { kind, where };
    const published = await anchor.publish(head, options);
    if ("contradiction" in published) {
      const { message, contradiction, noteText } = published;
      return { kind, where, message, contradiction, noteText };
    }
    if (!published.isNew) return { kind, where };
    return keepReceipt(disk, dir, { kind, where, head, published, at: now() });
  } catch (error) {
    const help = ReinError.isInstance(error) ? error.help : undefined;
    return { kind, where, message: messageOf(error), ...(help !== undefined && { help }) };
  }
}

/** A place that cannot be asked is not bothered twice with one head. */
function hasReceipt({ kind, where }: Anchor, { disk, dir, head }: AnchorOptions): boolean {
  const root = hashToBase64(head.root);
  return listReceipts(disk, dir, kind).some(
    (receipt) => receipt.size === head.size && receipt.root === root && receipt.where === where,
  );
}
