import type { Mutation } from "../mutation.js";
import { parallel, windowEdges } from "./crowds.js";
import { forgedApprovals } from "./forging.js";
import { camelCaseTools, lookAlikeTools, newCallers, renamedTools, subAgents } from "./names.js";
import { paced, retried } from "./patience.js";
import { editedPolicy } from "./tampering.js";
import { clockSteps, crashes, deadStore, editedState } from "./surroundings.js";

/** All the other ways in which an attack is carried out. */
export const MUTATIONS: readonly Mutation[] = Object.freeze([
  ...[parallel, windowEdges, paced, retried],
  ...[subAgents, newCallers, renamedTools, camelCaseTools, lookAlikeTools],
  ...[crashes, clockSteps, deadStore, editedState, editedPolicy, forgedApprovals],
]);
