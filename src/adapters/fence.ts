import { InvalidInputError, ReinError } from "../core/errors.js";
import type { HaltedError } from "../core/errors.js";
import { currentPermits } from "../rein/index.js";
import type { Permit } from "../rein/index.js";

/**
 * Takes one effect through its fence: every permit it runs under is checked and hears of the effect. Returns what to
 * call when nothing of the effect is under way any more; calling that twice is calling it once.
 *
 * @param effect how errors name it, for example `fetch`
 * @param explicit a permit to act under besides those of the governed calls that are running
 * @param stop ends the effect; called at most once per permit, also after the action was settled
 * @throws ReinError `no_permit`, `already_settled`; HaltedError when one of the permits is void; InvalidInputError
 */
export function passFence(
  effect: string,
  explicit: Permit | undefined,
  stop: (reason: HaltedError) => void,
): () => void {
  const permits = permitsFor(effect, explicit);
  const releases: (() => void)[] = [];
  const release = (): void => {
    for (const detach of releases.splice(0)) detach();
  };
  let stopped: HaltedError | undefined;
  try {
    for (const permit of permits) {
      permit.check();
      releases.push(
        permit.attach((reason) => {
          stopped ??= reason;
          stop(reason);
        }),
      );
    }
    // Asking one permit applies what is due by the clock, which may void another one that had agreed.
    if (stopped !== undefined) throw stopped;
  } catch (error) {
    release();
    throw error;
  }
  return release;
}

function permitsFor(effect: string, explicit: Permit | undefined): ReadonlySet<Permit> {
  const permits = new Set(currentPermits());
  if (explicit !== undefined) permits.add(checked(explicit));
  if (permits.size === 0) {
    throw new ReinError(
      "no_permit",
      `\`${effect}\` was called where no action is allowed: it has no permit`,
      {
        help: "call it inside a function that rein.governed wraps, or pass the permit that rein.gate answered with",
      },
    );
  }
  return permits;
}

function checked(permit: Permit): Permit {
  const given = permit as Partial<Permit> | null;
  if (typeof given?.check === "function" && typeof given.attach === "function") return permit;
  throw new InvalidInputError("permit", "what was passed as `permit` is not one", {
    help: "pass the `permit` of an allowed decision, or leave it out inside a governed function",
  });
}
