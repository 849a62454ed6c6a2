import { beforeEach, expect, test } from 'vitest';
import { ACTIONS, Keymap, keyOf } from './keymap.svelte';

const kept = new Map<string, string>();
globalThis.localStorage = {
  getItem: (name: string) => kept.get(name) ?? null,
  setItem: (name: string, word: string) => void kept.set(name, word),
} as unknown as Storage;
beforeEach(() => kept.clear());

const press = (key: string, held: 'ctrl' | 'shift' | 'both' | '' = '') => ({
  key,
  ctrlKey: held === 'ctrl' || held === 'both',
  shiftKey: held === 'shift' || held === 'both',
  metaKey: false,
  altKey: false,
});

test('a key is written as a person reads it', () => {
  expect(keyOf(press('k', 'ctrl'))).toBe('Mod+K');
  expect(keyOf(press('H', 'both'))).toBe('Mod+Shift+H');
  expect(keyOf(press('?', 'shift'))).toBe('?');
  expect(keyOf(press('F', 'shift'))).toBe('Shift+F');
  expect(keyOf(press('Control', 'ctrl'))).toBeNull();
});

test('a key of one’s own does what the app’s own did, and that does nothing any more', () => {
  const keys = new Keymap();
  expect(keys.meant(press('j', 'ctrl'), 'window')).toEqual({ key: 'j', mod: true });
  expect(keys.set('palette', 'Mod+J')).toBeNull();
  expect(keys.meant(press('j', 'ctrl'), 'window')).toEqual({ key: 'k', mod: true });
  expect(keys.meant(press('k', 'ctrl'), 'window')).toEqual({ key: 'Unidentified', mod: false });
  expect(keys.set('error-back', 'P')).toBeNull();
  expect(keys.meant(press('p'), 'job')).toEqual({ key: 'E', mod: false });
  // In another place it is what it was.
  expect(keys.meant(press('p'), 'window')).toEqual({ key: 'p', mod: false });
  const later = new Keymap();
  expect(later.of('palette')).toBe('Mod+J');
  later.reset();
  expect(later.meant(press('k', 'ctrl'), 'window')).toEqual({ key: 'k', mod: true });
});

test('no key does two things', () => {
  const keys = new Keymap();
  expect(keys.set('again', 'W')?.id).toBe('wrap');
  expect(keys.set('again', 'Mod+K')?.id).toBe('palette');
  expect(keys.of('again')).toBe('R');
  const all = ACTIONS.map(({ place, key }) => `${place} ${key}`);
  expect(new Set(all).size).toBe(all.length);
});
