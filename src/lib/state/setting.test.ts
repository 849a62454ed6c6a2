import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Client } from '../client';
import type { Settings as Kept } from '../wire';
import { numberOf, rulesOf, textOf } from './setting.svelte';
import { Settings } from './settings.svelte';

const KEPT = {
  terminal: 'kitty',
  editor: null,
  max_jobs: 0,
  error_rules: [],
} as unknown as Kept;

/** Settings whose server takes all but a terminal called `no`. */
function settings(): { settings: Settings; sent: Kept[] } {
  const sent: Kept[] = [];
  const ask = async (request: { settings: { with: Kept } }) => {
    sent.push(request.settings.with);
    if (request.settings.with.terminal === 'no') throw new Error('there is no such program');
    return request.settings.with;
  };
  const all = new Settings({ ask } as unknown as Client);
  all.take(KEPT);
  return { settings: all, sent };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what is typed is saved once, a moment after the last key', async () => {
  const { settings: all, sent } = settings();
  const terminal = textOf(all, 'terminal');
  for (const text of ['g', 'gh', 'ghostty ']) {
    terminal.value = text;
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(sent).toEqual([]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(sent.map((one) => one.terminal)).toEqual(['ghostty']);
  expect(terminal.outcome).toEqual({ is: 'saved' });
  // Nothing is taken from under the caret; it is in order once the field is left.
  expect(terminal.value).toBe('ghostty ');
  terminal.leave();
  await vi.advanceTimersByTimeAsync(0);
  expect(terminal.value).toBe('ghostty');
});

test('a refusal is beside its field, and what was typed stays', async () => {
  const { settings: all } = settings();
  const terminal = textOf(all, 'terminal');
  terminal.value = 'no';
  terminal.leave();
  await vi.advanceTimersByTimeAsync(1000);
  expect(terminal.outcome).toEqual({ is: 'refused', why: 'there is no such program' });
  expect(terminal.value).toBe('no');
  expect(all.current?.terminal).toBe('kitty');
});

test('two fields that are saved at once lose nothing of each other', async () => {
  const { settings: all } = settings();
  const [jobs, rules] = [numberOf(all, 'max_jobs'), rulesOf(all, 'error_rules')];
  jobs.value = '7';
  rules.value = '^oops\n\n^ouch';
  jobs.leave();
  rules.leave();
  await vi.advanceTimersByTimeAsync(0);
  expect(all.current).toMatchObject({ max_jobs: 7, error_rules: ['^oops', '^ouch'] });
});

test('a field that nobody types in follows what is kept', () => {
  const { settings: all } = settings();
  const jobs = numberOf(all, 'max_jobs');
  expect(jobs.value).toBe('');
  all.take({ ...KEPT, max_jobs: 12 });
  expect(jobs.value).toBe('12');
});
