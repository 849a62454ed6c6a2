import { expect, test } from 'vitest';
import { filledWords, variableWords } from './filled-words';
import { PLAIN } from './state/launch/presets';

const EMPTY = { variables: [], stem: null, words: [], options: PLAIN, pty: false };

test('what was filled in is one line, as it is typed', () => {
  expect(filledWords(EMPTY)).toBe('');
  const variables: [string, string | null][] = [
    ['ENV', 'staging'],
    ['TOKEN', null],
  ];
  const options = { ...PLAIN, jobs: 4, keep_going: true };
  expect(filledWords({ ...EMPTY, stem: 'web', words: ['all'], variables, options })).toBe(
    'web all ENV=staging TOKEN=… -j4 -k',
  );
  expect(filledWords({ ...EMPTY, options: { ...PLAIN, jobs: 0, dry_run: true } })).toBe('-j -n');
  expect(variableWords([])).toBe('');
});
