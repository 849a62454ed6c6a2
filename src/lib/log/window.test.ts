import { describe, expect, test } from 'vitest';
import { Measures, ROW, TALLEST } from './window';

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

test('revealing a line moves no further than it must', () => {
  const measures = new Measures(1000, 700);
  expect(measures.reveal(10, 0)).toBe(0);
  expect(measures.reveal(36, 0)).toBe(36 * ROW - 700);
  expect(measures.reveal(5, 1000)).toBe(80);
});
