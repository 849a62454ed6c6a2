import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Client } from '../client';
import type { Prompt, Question } from '../wire';
import { Prompts } from './prompts.svelte';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const SECRET: Question = { kind: 'secret', label: 'Password:', echo: false };

function key(host: string): Question {
  return {
    kind: 'host_key',
    fingerprint: `SHA256:${host}`,
    key_type: 'ssh-ed25519',
    address: host,
  };
}

function prompt(id: string, question: Question, job = id): Prompt {
  return { id, job, host: id, question };
}

/** Questions of jobs whose names begin with `run` are of one run. */
function setUp(): { prompts: Prompts; sent: unknown[] } {
  const sent: unknown[] = [];
  const client = {
    tell: async (request: unknown) => void sent.push(request),
  } as unknown as Client;
  return { prompts: new Prompts(client, (job) => (job.startsWith('run') ? 'run' : null)), sent };
}

const ids = (prompts: Prompts) => prompts.shown.map(({ id }) => id);

test('the unknown keys of one run are shown together, once no more come', async () => {
  const { prompts, sent } = setUp();
  prompts.add(prompt('run-a', key('a')));
  expect(ids(prompts)).toEqual([]);
  await vi.advanceTimersByTimeAsync(200);
  prompts.add(prompt('run-b', key('b')));
  prompts.add(prompt('alone', key('c')));
  prompts.add(prompt('run-secret', SECRET));
  await vi.advanceTimersByTimeAsync(700);
  expect(ids(prompts)).toEqual(['run-a', 'run-b']);
  expect(prompts.later).toBe(2);

  // What comes while a person reads is not slipped under their hand.
  prompts.add(prompt('run-c', key('d')));
  expect(ids(prompts)).toEqual(['run-a', 'run-b']);

  await prompts.answer(prompts.shown[0]!, { kind: 'accept' });
  expect(ids(prompts)).toEqual(['run-b']);
  expect(sent).toEqual([
    { job: { type: 'answer', with: { prompt: 'run-a', answer: { kind: 'accept' } } } },
  ]);
  prompts.remove('run-b');
  // The next in order.
  expect(ids(prompts)).toEqual(['alone']);
  prompts.remove('alone');
  expect(ids(prompts)).toEqual(['run-secret']);
  prompts.remove('run-secret');
  await vi.advanceTimersByTimeAsync(700);
  expect(ids(prompts)).toEqual(['run-c']);
});

test('a key of a job alone is shown at once', () => {
  const { prompts } = setUp();
  prompts.add(prompt('alone', key('a')));
  expect(ids(prompts)).toEqual(['alone']);
});

test('keys that never stop coming are shown in the end', async () => {
  const { prompts } = setUp();
  for (let i = 0; i < 20; i++) {
    prompts.add(prompt(`run-${i}`, key(`${i}`)));
    await vi.advanceTimersByTimeAsync(250);
  }
  expect(prompts.shown.length).toBeGreaterThan(5);
});

test('a run whose questions were all withdrawn shows nothing', async () => {
  const { prompts } = setUp();
  prompts.add(prompt('run-a', key('a')));
  prompts.remove('run-a');
  await vi.advanceTimersByTimeAsync(700);
  expect(ids(prompts)).toEqual([]);
  prompts.add(prompt('x', SECRET));
  expect(ids(prompts)).toEqual(['x']);
});
