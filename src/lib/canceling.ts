// The signals on the way to a job's end, in words.
import type { LastSignal } from './wire';

/** Which one was sent last, and when the next one comes: `INT, TERM in 3 s`; `now` is in milliseconds since 1970. */
export function signalWords({ signal, next }: LastSignal, now: number): string {
  if (next === null) return signal;
  const left = Math.max(0, Math.ceil((Date.parse(next.at) - now) / 1000));
  return left === 0 ? `${signal}, ${next.signal} now` : `${signal}, ${next.signal} in ${left} s`;
}
