/** Wall time in ms at which experiments begin when nobody names another: Monday, 5 January 2026, 12:00 UTC. */
export const START_AT = Date.UTC(2026, 0, 5, 12);
