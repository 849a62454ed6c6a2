import { expect, test } from 'vitest';
import { copiedText } from './text';

const line = {
  spans: [{ text: 'a      ' }, { text: ' b  \u{1F600}      c' }],
  // The first tab lies in two spans; the last is behind all text.
  tabs: [
    [1, 7],
    [13, 6],
    [20, 0],
  ] as [number, number][],
};

test('what is copied has the tabs that the job wrote', () => {
  expect(copiedText(line)).toBe('a\tb  \u{1F600}\tc\t');
  expect(copiedText({ spans: line.spans })).toBe('a       b  \u{1F600}      c');
});

test('of a tab that is only partly meant some blanks are copied', () => {
  expect(copiedText(line, 4, 10)).toBe('    b ');
  expect(copiedText(line, 1, 8)).toBe('\t');
  expect(copiedText(line, 0, 3)).toBe('a  ');
  expect(copiedText(line, 8, 15)).toBe('b  \u{1F600}  ');
});
