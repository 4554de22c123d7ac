export type { Approval } from "./approvals.js";
export type { Alert, Effect } from "./effects.js";
export { accountOf, lossesOf, meteredAccounts, type Loss } from "./allowances.js";
export { Player } from "./apply.js";
export { amountsOf } from "./world.js";
export { Engine, type EngineLimits, type RestartFacts } from "./engine.js";
export { ENGINE_EVENTS, type EngineEvent, type Mode } from "./events.js";
export type { Meter } from "./guards/meter.js";
export {
  compareHalts,
  compareReach,
  haltImage,
  orderOf,
  stops,
  type Halt,
  type HaltImage,
  type HaltInfo,
} from "./halts.js";
export { IMAGE_FORMAT, migrateImage, type EngineImage } from "./image.js";
export type { Lane, Status } from "./lanes.js";
export type { Ask, AskDetails, OutcomeDetails, Ticket } from "./ticket.js";
export type { WeatherReport } from "./weather.js";
export { withoutVolatile } from "../detect/index.js";
export { ENGINE_VERSION } from "./version.js";
export type { CalendarFact, CalendarSpec, Regime } from "./world.js";
