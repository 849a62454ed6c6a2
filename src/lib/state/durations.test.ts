import { expect, test } from 'vitest';
import { aJob, FakeWorld, settled } from '$lib/testing/fake';
import type { Earlier, Job } from '$lib/wire';
import { Durations, usualAtMost } from './durations.svelte';

const run = (took_ms: number, status: Earlier['status'] = 'done'): Earlier => ({
  id: `run-${took_ms}`,
  status,
  took_ms,
});

/** A job that took so many milliseconds. */
function took(ms: number): Job {
  const started_at = '2026-01-01T00:00:00.000Z';
  const finished_at = new Date(Date.parse(started_at) + ms).toISOString();
  return aJob({ status: 'done', started_at, finished_at });
}

test('nine of ten runs that went well took no longer; of few runs nothing is usual', () => {
  expect(usualAtMost([1, 2, 3, 4].map((ms) => run(ms)))).toBeNull();
  expect(usualAtMost([5, 1, 4, 2, 3].map((ms) => run(ms)))).toBe(5);
  expect(usualAtMost([...Array(10).keys()].map((ms) => run(ms + 1)))).toBe(9);
  expect(usualAtMost([run(1), run(2), run(3), run(4), run(9_000, 'error')])).toBeNull();
});

test('a job is marked if it took half as long again as nine of ten before it', async () => {
  const world = new FakeWorld();
  const durations = new Durations(await world.connected());
  const [usual, long] = [took(1_500), took(1_501)];
  world.last.answer = (call) => {
    const before = [1_000, 900, 800, 700, 600].map((ms) => run(ms));
    const runs = [usual, long].map((job): [string, Earlier[]] => [job.id, before]);
    world.last.reply(call.id, { type: 'earlier_of_each', with: { runs } });
  };
  await durations.of([usual.id, long.id]);
  await settled();
  expect(durations.before(long.id).map(({ took_ms }) => took_ms)).toEqual([
    600, 700, 800, 900, 1_000,
  ]);
  expect(durations.exceeds(usual)).toBeNull();
  expect(durations.exceeds(long)).toBe(1_000);
});
