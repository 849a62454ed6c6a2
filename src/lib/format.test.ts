import { expect, test } from 'vitest';
import { count, day, duration, many, sentence, sinceStart, size, tilde, took } from './format';

test('durations', () => {
  expect([0, 999, 47_000, 60_000, 161_900, 3_723_000, -5].map(duration)).toEqual([
    ...['0:00', '0:00', '0:47', '1:00', '2:41', '1:02:03', '0:00'],
  ]);
});

test('short things that are over, more exactly', () => {
  expect([0, 41, 95, 412, 9_949, 9_950, 47_000].map(took)).toEqual([
    ...['0 ms', '41 ms', '0.1 s', '0.4 s', '9.9 s', '0:09', '0:47'],
  ]);
});

test('time since the start, to a tenth of a second', () => {
  expect([0, 47_899_999, 98_400_000, 3_600_000_000].map(sinceStart)).toEqual([
    ...['0:00.0', '0:47.8', '1:38.4', '1:00:00.0'],
  ]);
});

test('sizes and counts', () => {
  expect([0, 812, 1000, 251_000, 4_200_000_000].map(size)).toEqual([
    ...['0 B', '812 B', '1.0 KB', '251 KB', '4.2 GB'],
  ]);
  expect(count(50_000_000)).toBe('50,000,000');
  expect([many(1, 'line'), many(0, 'line')]).toEqual(['1 line', '0 lines']);
});

test('days are counted by midnights, not by hours', () => {
  const now = new Date(2026, 10, 24, 0, 5);
  expect(day(new Date(2026, 10, 24, 0, 1), now)).toBe('Today');
  expect(day(new Date(2026, 10, 23, 23, 59), now)).toBe('Yesterday');
  expect(day(new Date(2026, 10, 20), now)).toBe('Friday 20 November');
  expect(day(new Date(2025, 10, 20), now)).toBe('Thursday 20 November 2025');
});

test('a path at home, and one that only begins like it', () => {
  expect(tilde('/root/src/vm', '/root')).toBe('~/src/vm');
  expect(tilde('/root', '/root')).toBe('~');
  expect(tilde('/rooted/src', '/root')).toBe('/rooted/src');
  expect(tilde('/src', '')).toBe('/src');
});

test('fragments become sentences; the name of a program stays as it is', () => {
  expect(sentence('exit code 2')).toBe('Exit code 2.');
  expect(sentence('make exited with code 2')).toBe('make exited with code 2.');
  expect(sentence('Done!')).toBe('Done!');
  expect(sentence('')).toBe('');
});
