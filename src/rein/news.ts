import type { Globs, Scope } from "../core/scope.js";
import type { Effect } from "../engine/index.js";
import type { Listeners } from "./listeners.js";
import type { Logger } from "./logger.js";

/** Tells listeners and the log what an effect is about. */
export function tellNews(effect: Effect, listeners: Listeners, logger: Logger): void {
  switch (effect.type) {
    case "void":
      return;
    case "halt": {
      const { info } = effect.halt;
      logger.warn(
        `halt ${info.id} over ${scopeText(info.scope)} by ${info.by}${info.reason === "" ? "" : `: ${info.reason}`}`,
      );
      return listeners.tell("halt", info);
    }
    case "resume": {
      const { info } = effect.halt;
      logger.info(
        `halt ${info.id} was resumed by ${effect.by}${effect.reason === "" ? "" : `: ${effect.reason}`}`,
      );
      return listeners.tell("halt", { ...info, resumed: { by: effect.by, reason: effect.reason } });
    }
    case "alert":
      logger.warn(effect.alert.message);
      return listeners.tell("alert", effect.alert);
    case "approval": {
      const { bind: _bind, until: _until, ...approval } = effect.approval;
      return listeners.tell("approval", approval);
    }
    case "status": {
      const { lane, from, by, reason, at } = effect;
      const what = `\`${lane.series}\` by \`${lane.source}\``;
      logger[lane.isBarred ? "warn" : "info"](
        `${what} is ${lane.status}, it was ${from} (${by})${reason === "" ? "" : `: ${reason}`}`,
      );
      return listeners.tell("status", {
        source: lane.source,
        series: lane.series,
        from,
        to: lane.status,
        by,
        reason,
        at,
      });
    }
    case "regime": {
      const { from, to, reason, at } = effect;
      logger[to === "shock" ? "warn" : "info"](`the regime is ${to}, it was ${from}: ${reason}`);
      return listeners.tell("regime", { from, to, reason, at });
    }
  }
}

export function scopeText(scope: Scope): string {
  if (scope === "all") return "everything";
  const list = (globs: Globs): string =>
    [globs]
      .flat()
      .map((glob) => `\`${glob}\``)
      .join(" or ");
  const { source, series, tags } = scope;
  const parts = Object.entries({ source, series, ...tags }).flatMap(([name, globs]) =>
    globs === undefined ? [] : `${name} ${list(globs)}`,
  );
  return parts.join(", ");
}
