import { expect, test } from 'vitest';
import { aLine } from '../testing/fake';
import { BLOCK, Blocks, MOST } from './blocks';

function lines(first: number, count: number) {
  return Array.from({ length: count }, (_, i) => aLine(first + i));
}

test('lines come back by number', () => {
  const blocks = new Blocks();
  blocks.put(lines(150, 100));
  expect(blocks.get(150)?.number).toBe(150);
  expect(blocks.get(249)?.number).toBe(249);
  expect(blocks.get(149)).toBeUndefined();
  expect(blocks.get(250)).toBeUndefined();
});

test('only blocks with a gap among the wanted lines are asked for', () => {
  const blocks = new Blocks();
  blocks.put(lines(1, BLOCK));
  blocks.put(lines(BLOCK + 50, 10));
  expect(blocks.missing(1, BLOCK)).toEqual([]);
  expect(blocks.missing(BLOCK + 50, BLOCK + 59)).toEqual([]);
  expect(blocks.missing(1, BLOCK + 60)).toEqual([1]);
  expect(blocks.missing(BLOCK * 2, BLOCK * 2 + 1)).toEqual([1, 2]);
});

test('it never holds more than its bound, and the block looked at last stays', () => {
  const blocks = new Blocks();
  blocks.put(lines(1, BLOCK));
  for (let index = 1; index < 3 * MOST; index++) {
    blocks.missing(1, BLOCK);
    blocks.put(lines(index * BLOCK + 1, BLOCK));
    expect(blocks.size).toBeLessThanOrEqual(MOST);
  }
  expect(blocks.get(1)).toBeDefined();
  expect(blocks.get(BLOCK + 1)).toBeUndefined();
});

test('a line that had no end is asked for again once the log grows, unless it has just arrived', () => {
  const blocks = new Blocks();
  blocks.put([...lines(1, 4), aLine(5, { open: true })]);
  blocks.grown(5);
  expect(blocks.missing(1, 5)).toEqual([]);
  blocks.grown(6);
  expect(blocks.missing(1, 5)).toEqual([0]);
  blocks.put([aLine(5)]);
  blocks.fresh(0);
  expect(blocks.missing(1, 5)).toEqual([]);
});
