import { beforeEach, expect, test, vi } from 'vitest';
import { aJob } from '$lib/testing/fake';
import { encodingOf, keepEncoding } from './encodings';

beforeEach(() => {
  const kept = new Map<string, string>();
  vi.stubGlobal('localStorage', {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, word: string) => void kept.set(name, word),
  });
});

test('is remembered for the target, and for a command on its host', () => {
  const build = aJob({ project: 'shop', targets: ['build'], command: 'make build' });
  const there = aJob({ project: null, targets: [], host: 'win-1', command: 'dir' });
  keepEncoding(build, 'gbk');
  keepEncoding(there, 'utf16_le');
  expect(encodingOf({ ...build, command: 'make build V=1' })).toBe('gbk');
  expect(encodingOf({ ...build, targets: ['test'] })).toBe('utf8');
  expect(encodingOf(there)).toBe('utf16_le');
  expect(encodingOf({ ...there, host: null })).toBe('utf8');
  keepEncoding(build, 'utf8');
  expect(encodingOf(build)).toBe('utf8');
});
