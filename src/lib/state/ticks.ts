// When a clock ticks: each second while somebody looks at the window; otherwise once a minute and with what comes, for each
// tick is a picture that is drawn.

const SECOND = 1000;
/** How often it ticks if nobody looks, in milliseconds. */
const SELDOM = 60 * SECOND;
/** What says that a person looks, or no longer; the document's own bubble up to the window. */
const CHANGES = ['focus', 'blur', 'visibilitychange'];

/** The ticks of one clock, for one that listens. */
export class Ticks {
  #listener: (() => void) | null = null;
  /** In milliseconds since 1970. */
  #last = 0;

  /** Begins to tick; gives what ends it. */
  begin(listener: () => void): () => void {
    let timer: ReturnType<typeof setInterval> | undefined;
    const tick = () => {
      this.#last = Date.now();
      listener();
    };
    const pace = () => {
      clearInterval(timer);
      timer = setInterval(tick, isLookedAt() ? SECOND : SELDOM);
    };
    const changed = () => {
      pace();
      // Whoever looks again sees the present time at once.
      if (isLookedAt()) tick();
    };
    this.#last = Date.now();
    this.#listener = tick;
    pace();
    for (const change of CHANGES) globalThis.addEventListener?.(change, changed);
    return () => {
      this.#listener = null;
      clearInterval(timer);
      for (const change of CHANGES) globalThis.removeEventListener?.(change, changed);
    };
  }

  /** Something new is drawn anyway: what ticks seldom goes with it, once a second at most. */
  come(): void {
    if (!isLookedAt() && Date.now() - this.#last >= SECOND) this.#listener?.();
  }
}

/** Whether a person looks at this window, as far as the desktop knows. */
export function isLookedAt(): boolean {
  if (typeof document === 'undefined') return true;
  return document.visibilityState === 'visible' && document.hasFocus();
}
