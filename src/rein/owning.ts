import type { OpenDirStore } from "../store/index.js";

/** Whether the state directory is still this process's. Whoever finds that it is not ends this governor. */
export class Owning {
  readonly #store: OpenDirStore;
  readonly #onLost: () => void;

  constructor(store: OpenDirStore, onLost: () => void) {
    this.#store = store;
    this.#onLost = onLost;
  }

  /** @throws ReinError `store_in_use`; errors of the system: then nobody knows */
  mustBeOurs(): void {
    try {
      this.#store.mustBeMine();
    } catch (error) {
      if (this.#store.isLost) this.#onLost();
      throw error;
    }
  }

  /** The same as an answer: false only when it is known that somebody else has taken over. */
  isOurs(): boolean {
    try {
      this.mustBeOurs();
      return true;
    } catch {
      return !this.#store.isLost;
    }
  }
}
