import { expect, test } from 'vitest';
import { between, markedIn, wordAt } from './marked-text';

const at = (line: number, column: number) => ({ line, column });

test('what is marked is in order whichever way it was drawn', () => {
  const marked = { from: at(2, 5), to: at(4, 1) };
  expect(between(at(2, 5), at(4, 1))).toEqual(marked);
  expect(between(at(4, 1), at(2, 5))).toEqual(marked);
  expect(between(at(3, 7), at(3, 2))).toEqual({ from: at(3, 2), to: at(3, 7) });
  expect(between(at(3, 2), at(3, 2))).toBeNull();
});

test('each line has its part of it', () => {
  const marked = between(at(2, 5), at(4, 1));
  expect([1, 2, 3, 4, 5].map((line) => markedIn(marked, line))).toEqual([
    null,
    { start: 5, end: Infinity },
    { start: 0, end: Infinity },
    { start: 0, end: 1 },
    null,
  ]);
  expect(markedIn(null, 2)).toBeNull();
  expect(markedIn(between(at(2, 5), at(3, 0)), 3)).toBeNull();
});

test('a word is what is copied as one: paths and addresses too', () => {
  const word = (text: string, column: number) => {
    const { start, end } = wordAt(text, column);
    return text.slice(start, end);
  };
  expect(word('see src/a.c:3 (now)', 6)).toBe('src/a.c:3');
  expect(word('see src/a.c:3 (now)', 3)).toBe(' ');
  expect(word('über alles', 0)).toBe('über');
  expect(word('end', 3)).toBe('end');
  expect(word('', 0)).toBe('');
});
