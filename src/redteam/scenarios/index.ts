import type { Attack } from "../attack.js";
import { driveWipe, longDelete, moveOverwrites, subAgentDeletion } from "./files.js";
import { reverseShell, settingsOverwrite, wiperPrompt } from "./injected-code.js";
import { fakeAgentCard, hiddenBcc, leadFormLeak, mailExfiltration, privateRepository } from "./leaks.js";
import { agentPingPong, idleBurn, retriedRefusals, sameRead, stolenKey } from "./loops.js";
import { deadFeed, portfolioDrain, runawayTrades, slowBleed, tradesInShock } from "./losses.js";
import { inboxPurge, internalPhish, mailSwarm, wrongList } from "./mail.js";
import { customerEnumeration, denyStorm } from "./probing.js";
import {
  cascadingRestarts,
  frozenProduction,
  nineSecondVolume,
  recreatedEnvironment,
  terraformDestroy,
} from "./production.js";
import { callerEnumeration, costBomb, parallelOverspend, runawayLoop, spawnedSwarm } from "./runaways.js";
import { decimalShift, hijackedTreasury } from "./treasury.js";
import { forgedApprovals, forgedPeerMessage, poisonedMemory } from "./trust.js";
import { hijackedBrowser, hostEnumeration, internalNetwork, refusingHost, unaskedPurchases } from "./web.js";

/** The attacks that come with Rein, in the order in which they are reported. */
export const ATTACKS: readonly Attack[] = Object.freeze([
  ...[runawayLoop, costBomb, parallelOverspend, spawnedSwarm, callerEnumeration],
  ...[agentPingPong, retriedRefusals, sameRead, idleBurn, stolenKey],
  ...[denyStorm, customerEnumeration, forgedApprovals, poisonedMemory, forgedPeerMessage, fakeAgentCard],
  ...[mailExfiltration, leadFormLeak],
  ...[wrongList, inboxPurge, mailSwarm, internalPhish, hiddenBcc],
  ...[portfolioDrain, slowBleed, deadFeed, tradesInShock, runawayTrades, decimalShift, hijackedTreasury],
  ...[frozenProduction, nineSecondVolume, recreatedEnvironment, terraformDestroy, cascadingRestarts],
  ...[driveWipe, moveOverwrites, subAgentDeletion, longDelete],
  ...[wiperPrompt, settingsOverwrite, reverseShell, privateRepository],
  ...[hijackedBrowser, internalNetwork, unaskedPurchases, refusingHost, hostEnumeration],
]);
