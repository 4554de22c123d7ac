import { configureGlobal } from "fast-check";

// Where REIN_SEED is set, what properties draw follows from it: see vitest.config.ts.
configureGlobal({ seed: Number(process.env["REIN_SEED"]) });
