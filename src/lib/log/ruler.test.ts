import { expect, test } from 'vitest';
import { tops } from './ruler';

test('marks lie where their rows do', () => {
  expect(tops([0, 500, 999], 1000, 400, 20)).toEqual([0, 200, 398]);
  // Ten rows of 20 px in a window of 400: row 5 is on screen at 100 px.
  expect(tops([0, 5], 10, 400, 20)).toEqual([0, 100]);
  expect(tops([], 0, 400, 20)).toEqual([]);
});

test('marks closer than 2 px are one', () => {
  const all = Array.from({ length: 1000 }, (_, row) => row);
  const marks = tops(all, 1000, 100, 20);
  expect(marks.length).toBeLessThanOrEqual(50);
  expect(marks.every((top, i) => i === 0 || top - marks[i - 1]! >= 2)).toBe(true);
});
