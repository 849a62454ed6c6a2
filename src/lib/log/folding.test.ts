import { expect, test } from 'vitest';
import { Folding } from './folding';

/** The lines that have rows, by the definition. */
function lines(total: number, folds: { first: number; last: number }[]): number[] {
  const all = Array.from({ length: total }, (_, i) => i + 1);
  return all.filter((line) => !folds.some(({ first, last }) => first < line && line <= last));
}

test.each([
  [10, []],
  [10, [{ first: 3, last: 6 }]],
  [10, [{ first: 1, last: 10 }]],
  [10, [{ first: 1, last: 99 }]],
  [10, [{ first: 10, last: 99 }]],
  [
    30,
    [
      { first: 2, last: 4 },
      { first: 5, last: 9 },
      { first: 6, last: 7 },
      { first: 20, last: 25 },
    ],
  ],
  [0, [{ first: 1, last: 3 }]],
])('rows of %d lines with folds %j', (total, folds) => {
  const folding = new Folding(total, folds);
  const shown = lines(total, folds);
  expect(folding.rows).toBe(shown.length);
  shown.forEach((line, row) => {
    expect(folding.lineAt(row)).toBe(line);
    expect(folding.rowOf(line)).toBe(row);
    expect(folding.foldOf(line)).toBeNull();
  });
  for (let line = 1; line <= total; line++) {
    const fold = folding.foldOf(line);
    if (shown.includes(line)) continue;
    expect(fold!.first < line && line <= fold!.last).toBe(true);
    expect(folding.rowOf(line)).toBe(folding.rowOf(fold!.first));
  }
});
