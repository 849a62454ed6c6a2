import { expect, test } from 'vitest';
import { ANY_JOB } from '$lib/job';
import { aJob, aLine, FakeWorld, settled, type Sent } from '$lib/testing/fake';
import type { Job, SearchProgress } from '$lib/wire';
import { Search } from './search.svelte';

const NONE: SearchProgress = {
  jobs: 0,
  bytes: 0,
  of: null,
  hits: 0,
  found_in: 0,
  since: null,
  end: null,
};
const END = { full: false, why: null, torn: 0, gone: 0 };

async function open() {
  const world = new FakeWorld();
  const client = await world.connected();
  world.last.answer = (call) => world.last.reply(call.id, { type: 'ok' });
  const saw: Job[] = [];
  const scope = { ...ANY_JOB, project: 'shop' };
  const search = new Search(
    client,
    () => scope,
    (jobs) => saw.push(...jobs),
  );
  const requests = () =>
    world.requests.flatMap((request) => (request.type === 'search_logs' ? [request.with] : []));
  const number = () => requests().at(-1)!.search;
  const found = (job: Partial<Job>, line: number, count: number) =>
    search.found({
      search: number(),
      job: aJob(job),
      lines: [aLine(line)],
      hits: [{ line, start: 0, end: 3 }],
      count,
    });
  const came = (progress: Partial<SearchProgress>) =>
    search.came({ search: number(), progress: { ...NONE, ...progress } });
  return { world, search, saw, scope, requests, number, found, came };
}

test('what is typed is looked for once it is asked for, in the scope of the list', async () => {
  const { search, requests, scope } = await open();
  search.text = 'refused';
  expect(requests()).toEqual([]);
  search.begin();
  await settled();
  expect(requests()[0]!.wanted).toMatchObject({
    query: { text: 'refused', regex: false },
    scope,
    context: 0,
  });
  expect(search.running).toBe(true);
  search.toggle('regex');
  expect(requests()[1]!.wanted.query.regex).toBe(true);
});

test('hits gather below their job, and are counted when it is over', async () => {
  const { search, found, came, saw } = await open();
  search.text = 'foo';
  search.begin();
  found({ id: 'b' }, 3, 1);
  found({ id: 'b' }, 9, 7);
  found({ id: 'a', queued_at: '2026-11-20T06:00:00Z' }, 1, 1);
  expect(search.groups.map(({ job, lines, count }) => [job.id, lines.length, count])).toEqual([
    ['b', 2, 7],
    ['a', 1, 1],
  ]);
  expect(search.days).toHaveLength(2);
  expect(saw.map(({ id }) => id)).toEqual(['b', 'a']);
  came({ jobs: 9, hits: 8, found_in: 2, of: [9, 100], end: END });
  expect([search.running, search.hits, search.foundIn]).toEqual([false, 8, 2]);
  search.learn(aJob({ id: 'b', status: 'done' }));
  expect(search.groups[0]!.job.status).toBe('done');
});

test('reports of an earlier search are not taken', async () => {
  const { search, requests, found } = await open();
  search.text = 'foo';
  search.begin();
  const before = requests()[0]!.search;
  search.text = 'bar';
  search.begin();
  search.came({ search: before, progress: { ...NONE, hits: 5 } });
  search.found({ search: before, job: aJob(), lines: [], hits: [], count: 5 });
  expect([search.hits, search.groups]).toEqual([0, []]);
  found({ id: 'b' }, 3, 1);
  expect(search.groups).toHaveLength(1);
});

test('older jobs are searched from the last one on, and what was found stays', async () => {
  const { search, requests, found, came } = await open();
  search.text = 'foo';
  search.begin();
  found({ id: 'b' }, 3, 1);
  came({ jobs: 4, hits: 1, found_in: 1, end: { ...END, full: true } });
  search.more();
  expect(requests()[1]!.wanted.scope.before).toBe('b');
  found({ id: 'a' }, 3, 2);
  came({ jobs: 2, hits: 2, found_in: 1, end: END });
  expect(search.groups.map(({ job }) => job.id)).toEqual(['b', 'a']);
  expect([search.hits, search.foundIn, search.jobs]).toEqual([3, 2, 6]);
});

test('a search is canceled, and forgotten', async () => {
  const { search, world, found, number } = await open();
  search.text = 'foo';
  search.begin();
  found({ id: 'b' }, 3, 1);
  search.cancel();
  expect(world.requests.at(-1)).toEqual({ type: 'end_search', with: { search: number() } });
  expect([search.running, search.canceled, search.groups.length]).toEqual([false, true, 1]);
  search.clear();
  expect([search.query, search.groups, search.text]).toEqual([null, [], '']);
});

test('a bad expression is reported, until something else is looked for', async () => {
  const { search, world } = await open();
  world.last.answer = (call: Sent) => {
    const failure = { code: 'refused' as const, message: 'unclosed group, at character 1' };
    world.last.say({ failed: { id: call.id, failure } });
  };
  search.text = '(';
  search.begin();
  await settled();
  expect([search.problem, search.running]).toEqual(['unclosed group, at character 1', false]);
  world.last.answer = (call) => world.last.reply(call.id, { type: 'ok' });
  search.text = 'a';
  search.begin();
  expect(search.problem).toBeNull();
});
