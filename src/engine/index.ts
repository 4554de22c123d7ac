export type { Approval } from "./approvals.js";
export type { Alert, Effect } from "./effects.js";
export { Engine, type EngineLimits } from "./engine.js";
export type { EngineEvent, Mode } from "./events.js";
export type { HaltInfo } from "./halts.js";
export { stops, type Halt } from "./halts.js";
export type { Lane, Status } from "./lanes.js";
export type { Ask, AskDetails, Ticket } from "./ticket.js";
export type { CalendarFact, CalendarSpec, Regime } from "./world.js";
