export { NOVELTY_ALERT, Novelty } from "./novelty.js";
