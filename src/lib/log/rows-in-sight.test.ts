import { describe, expect, test } from 'vitest';
import { Measures, ROW, TALLEST } from './rows-in-sight';

const SIZES = [
  0,
  1,
  30,
  1000,
  TALLEST / ROW,
  TALLEST / ROW + 1,
  1_000_000,
  50_000_000,
  4_000_000_000,
];

describe.each(SIZES)('a log of %d lines in a window of 700 px', (lines) => {
  const measures = new Measures(lines, 700);

  test('no element is taller than the cap', () => {
    expect(measures.element).toBeLessThanOrEqual(TALLEST);
  });

  test('the top shows the first line, the end shows the last one at the foot', () => {
    if (lines === 0) return expect(measures.shown(0).count).toBe(0);
    expect(measures.shown(0)).toMatchObject({ first: 1, offset: 0 });
    const { first, count, offset } = measures.shown(measures.end);
    expect(first + count - 1).toBe(lines);
    if (lines * ROW > 700) expect(count * ROW - offset).toBe(700);
  });

  test('a position survives the way through the scroll bar, to the px of the bar', () => {
    for (const share of [0, 0.1, 0.5, 0.9, 1]) {
      const position = Math.round(measures.end * share);
      const back = measures.positionOf(measures.offsetOf(position));
      expect(Math.abs(back - position)).toBeLessThan(1);
    }
  });

  test('the bar reaches both ends', () => {
    expect(measures.positionOf(0)).toBe(0);
    expect(measures.positionOf(Math.max(0, measures.element - 700))).toBeCloseTo(measures.end, 0);
  });

  test('a screen holds no more rows than fit, and no gap', () => {
    for (const position of [0, 1, 19, 20, 10_001, measures.end / 3]) {
      const { count, offset } = measures.shown(position);
      expect(count).toBeLessThanOrEqual(Math.ceil((700 + ROW) / ROW));
      if (lines * ROW > 700) expect(count * ROW - offset).toBeGreaterThanOrEqual(700);
    }
  });
});

test('each line is reachable by moving a row at a time on a scaled bar', () => {
  const measures = new Measures(50_000_000, 700);
  let position = measures.end / 2;
  const start = measures.shown(position).first;
  for (let i = 1; i <= 100; i++) {
    position = measures.clamp(position + ROW);
    expect(measures.shown(position).first).toBe(start + i);
  }
});

test('a row is on screen only as a whole', () => {
  const measures = new Measures(1000, 700);
  expect(measures.holds(0, 0, 0)).toBe(true);
  expect(measures.holds(34, 0, 0)).toBe(true);
  expect(measures.holds(35, 0, 0)).toBe(false);
  expect(measures.holds(1, 20, 32)).toBe(false);
  expect(measures.holds(3, 20, 32)).toBe(true);
});

describe('rows that wrap', () => {
  /** Every third row is three times as high. */
  const heightOf = (row: number) => (row % 3 === 0 ? 3 * ROW : ROW);
  const whole = (rows: number) => {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += heightOf(row);
    return sum;
  };

  test.each([1, 5, 100, 1000])(
    '%d of them fill the window, and its end is the last one',
    (rows) => {
      const measures = new Measures(rows, 700, heightOf);
      const { first, count, offset } = measures.shown(measures.end);
      expect(first + count - 1).toBe(rows);
      const above = whole(first - 1) + offset;
      expect(above).toBeCloseTo(Math.max(0, whole(rows) - 700), 6);
      expect(measures.positionOf(measures.offsetOf(measures.end))).toBeCloseTo(measures.end, 6);
    },
  );

  test('a window moves by real px, and back', () => {
    const measures = new Measures(1000, 700, heightOf);
    const px = (position: number) => {
      const { first, offset } = measures.shown(position);
      return whole(first - 1) + offset;
    };
    let position = 0;
    for (const by of [1, 59, 60, 7, 333, 2000, -1000, -13, -60]) {
      const before = px(position);
      position = measures.clamp(measures.moved(position, by));
      expect(px(position) - before).toBeCloseTo(by, 6);
    }
    expect(measures.moved(position, -1e6)).toBe(0);
    expect(measures.clamp(measures.moved(position, 1e6))).toBe(measures.end);
  });

  test('one that is taller than the window is scrolled through', () => {
    const measures = new Measures(1, 700, () => 2000);
    expect(measures.shown(measures.end)).toEqual({ first: 1, count: 1, offset: 1300 });
    expect(measures.element).toBeGreaterThan(700);
  });
});
