import { expect, test } from 'vitest';
import { signalWords } from './canceling';

test('a cancel says which signal was sent last, and how soon the next one comes', () => {
  const next = { signal: 'TERM', at: '2026-11-24T06:00:03Z' };
  const at = (seconds: number) =>
    signalWords(
      { signal: 'INT', next, requested: true },
      Date.parse('2026-11-24T06:00:00Z') + seconds * 1000,
    );
  expect([0, 0.9, 2.5, 3, 60].map(at)).toEqual([
    'INT, TERM in 3 s',
    'INT, TERM in 3 s',
    'INT, TERM in 1 s',
    'INT, TERM now',
    'INT, TERM now',
  ]);
  expect(signalWords({ signal: 'KILL', next: null, requested: true }, 0)).toBe('KILL');
});
