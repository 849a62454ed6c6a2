import { expect, test } from 'vitest';
import { PLAIN } from '$lib/state/launch/presets';
import { optionWords } from './make-words';

test('options are words, with make’s own letters', () => {
  expect(optionWords(PLAIN)).toEqual([]);
  expect(optionWords({ ...PLAIN, jobs: 0 })).toEqual(['unlimited parallel jobs (-j)']);
  expect(optionWords({ ...PLAIN, jobs: 4, keep_going: true, raw: ['TAG'] })).toEqual([
    '4 parallel jobs (-j4)',
    'keep going after a failure (-k)',
    'raw make text in TAG',
  ]);
});
