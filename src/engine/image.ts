import { ReinError } from "../core/errors.js";
import { Rhythm } from "../detect/index.js";
import type { Rule } from "../policy/index.js";
import type { AccountBook, AccountsImage } from "./accounts.js";
import type { ApprovalBook, ApprovalsImage } from "./approvals.js";
import type { TableImage } from "./counter-table.js";
import type { EngineLimits } from "./engine.js";
import type { Mode } from "./events.js";
import type { Guard } from "./guards/guard.js";
import type { HaltBook, HaltsImage } from "./halts.js";
import type { InFlight } from "./in-flight.js";
import type { LanesImage, LaneTable } from "./lanes.js";
import { NO_PLAN } from "./plan.js";
import type { RuleSet } from "./rule-set.js";
import type { Standings } from "./standings.js";
import type { Ticket } from "./ticket.js";
import { restoreTicket, ticketImage } from "./ticket-image.js";
import type { TicketImage } from "./ticket-image.js";
import { ENGINE_VERSION } from "./version.js";
import type { Weather, WeatherImage } from "./weather.js";
import type { Regime, World } from "./world.js";

/** Version of {@link EngineImage}: raised whenever an older reader would misread it; see `migrateImage`. */
export const IMAGE_FORMAT = 3;

/**
 * Everything an engine knows, JSON-safe. An engine restored from it makes the same decisions from then on. Times are
 * the engine's own: monotonic time goes on over restarts. `null` stands for an infinite time.
 */
export interface EngineImage {
  readonly format: typeof IMAGE_FORMAT;
  /** Version of the engine that wrote it. */
  readonly engine: number;
  readonly at: number;
  readonly mono: number;
  readonly seq: number;
  readonly mode: Mode;
  readonly rules: readonly Rule[];
  readonly limits: EngineLimits;
  readonly regime: Regime;
  readonly signals: readonly (readonly [name: string, value: number, mono: number, rhythm: unknown])[];
  readonly weather: WeatherImage | null;
  readonly calendars: readonly (readonly [
    key: string,
    period: number,
    open: boolean | null,
    until: number,
  ])[];
  readonly halts: HaltsImage;
  readonly approvals: ApprovalsImage;
  readonly lanes: LanesImage;
  readonly accounts: AccountsImage;
  /** In the order of `rules`. */
  readonly guards: readonly { readonly id: string; readonly state: unknown; readonly table: TableImage }[];
  readonly open: readonly TicketImage[];
  /** Free places in the table of open tickets, in the order in which they will be used. */
  readonly free: readonly number[];
  /** Expired, and an outcome may still come. */
  readonly expired: readonly TicketImage[];
}

type Migration = (image: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;

/** How an image of each older format becomes one of the next. */
const MIGRATIONS: ReadonlyMap<number, Migration> = new Map([
  [1, watchedByMany],
  [2, unjudged],
]);

/** Format 1 knew one `timeout` rule for each ticket. */
function watchedByMany(image: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const tickets = (list: unknown): unknown =>
    (list as readonly { readonly timeout: unknown }[]).map(({ timeout, ...ticket }) => ({
      ...ticket,
      timeouts: timeout === null ? [] : [timeout],
    }));
  return { ...image, format: 2, open: tickets(image["open"]), expired: tickets(image["expired"]) };
}

/** Format 2 knew no detectors: nothing has been learned, and the settings are what they are by default. */
function unjudged(image: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const limits = { regimeTickMs: 30_000, falseAlarmsPerMillion: 10, ...(image["limits"] as object) };
  const signals = (image["signals"] as readonly (readonly unknown[])[]).map((signal) => [...signal, null]);
  const tickets = (list: unknown): unknown =>
    (list as readonly object[]).map((ticket) => ({ ...ticket, args: null }));
  const [open, expired] = [tickets(image["open"]), tickets(image["expired"])];
  return { ...image, format: 3, limits, signals, weather: null, open, expired };
}

/**
 * Brings an image of any earlier format up to date.
 *
 * @throws ReinError `store_newer`, `store_damaged`
 */
export function migrateImage(
  value: unknown,
  migrations: ReadonlyMap<number, Migration> = MIGRATIONS,
  current: number = IMAGE_FORMAT,
): EngineImage {
  let image = value as Readonly<Record<string, unknown>>;
  if (typeof image !== "object" || image === null || !Number.isInteger(image["format"])) {
    throw new ReinError("store_damaged", "the snapshot is not one of an engine", {
      help: "run `rein doctor DIR` to see what is wrong with it",
    });
  }
  for (let format = image["format"] as number; format !== current; format = image["format"] as number) {
    const migrate = migrations.get(format);
    if (format > current || migrate === undefined) {
      throw new ReinError(
        "store_newer",
        `the state was written in format ${format}, and this version reads up to ${current}`,
        { help: "open it with the version of rein that wrote it, or a newer one" },
      );
    }
    image = migrate(image);
  }
  return image as unknown as EngineImage;
}

/** What an engine keeps its state in. */
export interface Books {
  readonly world: World;
  readonly weather: Weather;
  readonly standings: Standings;
  readonly rules: RuleSet;
  readonly halts: HaltBook;
  readonly approvals: ApprovalBook;
  readonly lanes: LaneTable;
  readonly inFlight: InFlight;
  readonly limits: EngineLimits;
  readonly accounts: AccountBook;
}

export function takeImage(
  books: Books & { readonly seq: number; readonly at: number; readonly mono: number },
): EngineImage {
  const { world, weather, rules, inFlight, at, mono, seq } = books;
  const imageOf = (ticket: Ticket): TicketImage => ticketImage(ticket, world, rules.guards);
  return {
    format: IMAGE_FORMAT,
    engine: ENGINE_VERSION,
    // + 0: the engine's zero is a negative one.
    at: at + 0,
    mono: mono + 0,
    seq,
    mode: rules.mode,
    rules: rules.rules,
    limits: books.limits,
    regime: world.regime,
    signals: [...world.signals]
      .filter(([, signal]) => signal.mono !== -Infinity)
      .map(([name, { value, mono: arrived, rhythm }]) => [name, value, arrived, rhythm?.image() ?? null]),
    weather: weather.image(),
    calendars: [...world.calendars]
      .filter(([, fact]) => fact.until !== -Infinity)
      .map(([key, fact]) => [key, fact.period, fact.open ?? null, fact.until]),
    halts: books.halts.image(),
    approvals: books.approvals.image(),
    lanes: books.lanes.image(),
    accounts: books.accounts.image(),
    guards: rules.guards.map((guard) => ({
      id: guard.id,
      state: guard.image(),
      table: guard.table.image(mono),
    })),
    open: [...inFlight.open.all()].map(imageOf),
    free: [...inFlight.open.free],
    expired: inFlight.expired.map(imageOf),
  };
}

/**
 * Fills the empty books of an engine that was made with the image's rules.
 *
 * @param guardOf makes the guard of a rule that is not in force any more
 */
export function restoreImage(image: EngineImage, books: Books, guardOf: (rule: Rule) => Guard): void {
  const { world, rules, lanes, inFlight } = books;
  world.regime = image.regime;
  for (const [name, value, mono, rhythmImage] of image.signals) {
    const rhythm = new Rhythm();
    rhythm.restore(rhythmImage);
    Object.assign(world.signal(name), { value, mono, rhythm });
  }
  books.weather.restore(image.weather);
  books.halts.restore(image.halts);
  books.approvals.restoreAll(image.approvals);
  lanes.restore(image.lanes, NO_PLAN);
  for (const lane of lanes.all()) books.standings.known(lane);
  books.accounts.restore(image.accounts);
  image.guards.forEach(({ state, table }, i) => {
    // The counters first: what the guard says of counters to come is not for these.
    rules.guards[i]!.table.restore(table);
    rules.guards[i]!.restore(state);
  });
  const parts = { world, guards: rules.guards, lanes, guardOf };
  const ticketOf = (ticket: TicketImage): Ticket => restoreTicket(ticket, parts);
  inFlight.restore(image.open.map(ticketOf), image.free, image.expired.map(ticketOf));
}
