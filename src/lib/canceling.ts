// Which signal a job that is being canceled has been sent, and when the next one comes, as its supervisor does it.

/** The signals in order, each with how long the next one waits, in milliseconds; a target may say otherwise. */
const USUAL: [string, number][] = [
  ['INT', 3000],
  ['TERM', 5000],
  ['KILL', Infinity],
];

/** Where a cancel is. */
export interface CancelStep {
  /** The last signal, without `SIG`. */
  signal: string;
  /** The next one, and in how many milliseconds it comes; null after the last. */
  next: { signal: string; in_ms: number } | null;
}

/** Where a cancel is after so many milliseconds; `graces` are those of its target, in the order of the signals. */
export function cancelStep(elapsed: number, force: boolean, graces: number[]): CancelStep {
  let left = force ? Infinity : Math.max(0, elapsed);
  for (const [step, [signal, usual]] of USUAL.entries()) {
    const grace = graces[step] ?? usual;
    const next = USUAL[step + 1];
    if (next === undefined) break;
    if (left < grace) return { signal, next: { signal: next[0], in_ms: grace - left } };
    left -= grace;
  }
  return { signal: 'KILL', next: null };
}

/** The same in words: `INT, TERM in 3 s`. */
export function cancelWords({ signal, next }: CancelStep): string {
  return next ? `${signal}, ${next.signal} in ${Math.ceil(next.in_ms / 1000)} s` : signal;
}
