import { expect, test } from 'vitest';
import { match } from './palette';

test('letters match as a whole or from the starts of words', () => {
  expect(match('deploy', 'dep')).toEqual([0, 1, 2]);
  expect(match('redeploy', 'DEP')).toEqual([2, 3, 4]);
  expect(match('docker ps', 'dp')).toEqual([0, 7]);
  expect(match('run-all-tests', 'rat')).toEqual([0, 4, 8]);
  expect(match('docker ps', 'dep')).toBeNull();
  expect(match('deploy', 'x')).toBeNull();
  expect(match('anything', '')).toEqual([]);
});
