export { readSentence as compileSentence, type SentenceResult } from "./english/index.js";
