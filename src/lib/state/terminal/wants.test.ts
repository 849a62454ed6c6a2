import { afterEach, expect, test, vi } from 'vitest';
import { aJob } from '../../testing/fake';
import { isKeptInTerminal, keepInTerminal, wantsTerminal } from './wants';

afterEach(() => vi.unstubAllGlobals());

const target = aJob({ project: 'shop', target: 'top', targets: ['top'], command: 'make top' });

test('programs that complain of no terminal want one', () => {
  for (const line of [
    'top: failed tty get',
    'bash: no job control in this shell',
    'bash: cannot set terminal process group (7): Inappropriate ioctl for device',
    'the input device is not a TTY',
    'Error opening terminal: unknown.',
    'sudo: a terminal is required to read the password',
  ])
    expect(wantsTerminal(target, false, ['x', line]), line).toBe(true);
  for (const line of ['1 test failed', 'the terminal is fine', 'a tty was found'])
    expect(wantsTerminal(target, false, [line]), line).toBe(false);
});

test('so does what fills a screen, and what is known by its name; in a terminal nothing does', () => {
  expect(wantsTerminal(target, true, [])).toBe(true);
  expect(wantsTerminal(aJob({ target: null, command: 'vim a.txt' }), false, [])).toBe(true);
  expect(wantsTerminal(aJob({ target: null, command: 'vim a.txt', pty: true }), true, [])).toBe(
    false,
  );
  expect(wantsTerminal(aJob({ target: null, command: 'ls' }), false, [])).toBe(false);
});

test('a target that was run in one is remembered', () => {
  const kept = new Map<string, string>();
  vi.stubGlobal('localStorage', {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => kept.set(name, value),
  });
  expect(isKeptInTerminal('shop', ['top'])).toBe(false);
  keepInTerminal('shop', ['top']);
  expect(isKeptInTerminal('shop', ['top'])).toBe(true);
  expect(isKeptInTerminal('infra', ['top'])).toBe(false);
});
