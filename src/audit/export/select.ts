import { timeIn, typeOf } from "./entry.js";
import type { ExportEntry } from "./entry.js";

/** Which records of a log are exported; all bounds at once. */
export interface Selection {
  /** First index. */
  readonly from?: number | undefined;
  /** The index behind the last one. */
  readonly to?: number | undefined;
  /** Wall time, ms since 1970: from here on. */
  readonly since?: number | undefined;
  /** Before here. */
  readonly until?: number | undefined;
  readonly types?: ReadonlySet<string> | undefined;
}

/** Whether a record was asked for. One without a time is in no stretch of time. */
export function isSelected({ n, record }: ExportEntry, selection: Selection): boolean {
  const { from = 0, to = Infinity, since, until, types } = selection;
  if (n < from || n >= to) return false;
  if (types !== undefined && !types.has(typeOf(record))) return false;
  if (since === undefined && until === undefined) return true;
  const at = timeIn(record);
  return at !== undefined && at >= (since ?? -Infinity) && at < (until ?? Infinity);
}
