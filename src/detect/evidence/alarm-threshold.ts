/** Detectors that share one budget of false alarms: denials, newcomers, runaway, loop, errors. */
const DETECTORS = 5;

/**
 * Returns the evidence at which a detector alarms, so that all of them together raise at most `falseAlarmsPerMillion`
 * false alarms in a million decisions.
 *
 * Under its null a detector's evidence after n events has an expectation of at most n (see `Evidence`), so it
 * reaches c within n events with a probability of at most n/c. The bound counts events, not lanes: it does not change
 * with the number of keys that share them.
 */
export function alarmThreshold(falseAlarmsPerMillion: number): number {
  return (1e6 * DETECTORS) / falseAlarmsPerMillion;
}
