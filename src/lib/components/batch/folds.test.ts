import { expect, test } from 'vitest';
import type { DiffLine } from '$lib/wire';
import { blocks } from './folds';

const lines = (text: string): DiffLine[] =>
  [...text].map((letter) => ({
    side: letter === '-' ? 'removed' : letter === '+' ? 'added' : 'same',
    old: null,
    new: null,
    parts: [],
  }));

const drawn = (text: string, compared = true) =>
  blocks(lines(text), compared).map((block) =>
    block.folded ? `(${block.lines.length})` : `${block.lines.length}`,
  );

test('equal lines far from what differs are folded, and those near it stay', () => {
  expect(drawn('..........-+..........')).toEqual(['(7)', '8', '(7)']);
  expect(drawn('-+....................+')).toEqual(['5', '(14)', '4']);
});

test('a few equal lines are no fold', () => {
  expect(drawn('...-.........+...')).toEqual(['17']);
  expect(drawn('.-')).toEqual(['2']);
});

test('an output that is compared with none is whole', () => {
  expect(drawn('..........', false)).toEqual(['10']);
  expect(drawn('')).toEqual([]);
  expect(drawn('..........')).toEqual(['(10)']);
});
