// Whether a job that runs is silent for longer than the same usually is.

/** So much longer than usual is long. */
const LONG = 4;
/** Nothing shorter is worth a word, in milliseconds. */
const LEAST = 30_000;

/** Whether a silence is long, of something that is usually silent for so long at most; in milliseconds. */
export function isLongSilence(silent: number, usual: number | null): boolean {
  return usual !== null && silent >= LEAST && silent > usual * LONG;
}
