/** Raised whenever the same history can lead to other decisions than before; named in every record. */
export const ENGINE_VERSION = 5;
