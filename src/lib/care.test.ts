import { expect, test } from 'vitest';
import { asks, ownCare } from './care';

test('what asks, and whose mark says so', () => {
  const cares = ['free', 'ask', 'always', 'name'] as const;
  expect(cares.map((care) => asks({ care }))).toEqual([false, false, true, true]);
  expect(ownCare({ care: 'always', marked_by: 'web-1' })).toBe('always');
  expect(ownCare({ care: 'always', marked_by: '@lab' })).toBe('');
  expect(ownCare({ care: 'ask' })).toBe('');
});
