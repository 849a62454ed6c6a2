import { describe, expect, test } from 'vitest';
import { cancelStep, cancelWords } from './canceling';

describe('a cancel', () => {
  test('goes from INT to TERM to KILL', () => {
    const at = (elapsed: number) => cancelWords(cancelStep(elapsed, false, []));
    expect([0, 2100, 3000, 7900, 8000, 60_000].map(at)).toEqual([
      'INT, TERM in 3 s',
      'INT, TERM in 1 s',
      'TERM, KILL in 5 s',
      'TERM, KILL in 1 s',
      'KILL',
      'KILL',
    ]);
  });

  test('takes the time that its target asks for', () => {
    expect(cancelStep(10_000, false, [30_000]).next).toEqual({ signal: 'TERM', in_ms: 20_000 });
    expect(cancelWords(cancelStep(31_000, false, [30_000, 10_000]))).toBe('TERM, KILL in 9 s');
  });

  test('by force is a KILL at once', () => {
    expect(cancelWords(cancelStep(0, true, [30_000]))).toBe('KILL');
  });
});
