import { expect, test } from 'vitest';
import { isLongSilence } from './silence';

test('a silence is long beside what is usual, and never a short one', () => {
  expect(isLongSilence(29_000, 100)).toBe(false);
  expect(isLongSilence(31_000, 100)).toBe(true);
  expect(isLongSilence(79_000, 20_000)).toBe(false);
  expect(isLongSilence(81_000, 20_000)).toBe(true);
  expect(isLongSilence(3_600_000, null)).toBe(false);
});
