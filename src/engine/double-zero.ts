/**
 * Zero for fields that hold amounts and times. V8 lays objects out by the first values it sees: a field that begins
 * with the small integer 0 changes the layout of every object of its class when the first large number arrives, and
 * code that was optimised for the old layout is thrown away. Negative zero is a double from the start.
 */
export const DOUBLE_ZERO = -0;
