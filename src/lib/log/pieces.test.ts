import { expect, test } from 'vitest';
import type { Hit, Style } from '../wire';
import { aLine } from '../testing/fake';
import { pieces, placeIn } from './pieces';

const bold = { bold: true } as Style;
const hit = (start: number, end: number): Hit => ({ line: 1, start, end });
const words = (spans: { text: string; style?: Style }[], hits: Hit[], current: Hit | null = null) =>
  pieces(spans, hits, current).map(({ text, style, hit }) => [text, style !== undefined, hit]);

test('a line without hits is as it was', () => {
  expect(words([{ text: 'abc' }, { text: 'd', style: bold }], [])).toEqual([
    ['abc', false, 'none'],
    ['d', true, 'none'],
  ]);
});

test('a hit may go over a change of style, and two may touch', () => {
  const hits = [hit(1, 4), hit(4, 5)];
  expect(words([{ text: 'abc' }, { text: 'def', style: bold }], hits, hits[1])).toEqual([
    ['a', false, 'none'],
    ['bc', false, 'hit'],
    ['d', true, 'hit'],
    ['e', true, 'current'],
    ['f', true, 'none'],
  ]);
});

test('a hit beyond what is shown is not drawn', () => {
  expect(words([{ text: 'abc' }], [hit(2, 9), hit(20, 22)])).toEqual([
    ['ab', false, 'none'],
    ['c', false, 'hit'],
  ]);
});

test('the place that a line names is a piece of its own', () => {
  const line = aLine(1, { spans: [{ text: 'at src/a.c:3:7: no' }] });
  const place = placeIn(line, { file: 'src/a.c', line: 3, column: 7 })!;
  const links = [{ ...place, kind: 'place' as const, isCause: true }];
  const parts = pieces(line.spans, [hit(7, 12)], null, links);
  expect(parts.map(({ text, hit, link }) => [text, hit, link !== null])).toEqual([
    ['at ', 'none', false],
    ['src/', 'none', true],
    ['a.c:3', 'hit', true],
    [':7', 'none', true],
    [': no', 'none', false],
  ]);
  expect(placeIn(line, { file: 'src/b.c', line: 3, column: null })).toBeNull();
  expect(placeIn(line, null)).toBeNull();
  const typescript = aLine(1, { spans: [{ text: 'a.ts(3,7): error' }] });
  expect(placeIn(typescript, { file: 'a.ts', line: 3, column: 7 })).toEqual({ start: 0, end: 6 });
});
