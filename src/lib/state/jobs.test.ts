import { describe, expect, test } from 'vitest';
import { median } from '../statistics';
import { aJob, FakeWorld, settled } from '../testing/fake';
import type { Batch, Job } from '../wire';
import { Batches } from './batch/batches.svelte';
import { PreviousRuns } from './previous-runs.svelte';
import { beginning, History } from './history.svelte';
import { Jobs } from './jobs.svelte';
import { Notes } from './notes.svelte';
import { labelOfBatch, labelOfJob } from './tabs.svelte';

const ID = (n: number) => `01890000-0000-7000-8000-${String(n).padStart(12, '0')}`;

describe('jobs', () => {
  test('a target shows the status of its latest job, whatever order they are learned in', async () => {
    const jobs = new Jobs(await new FakeWorld().connected());
    jobs.learn([aJob({ id: ID(2), status: 'error' }), aJob({ id: ID(1), status: 'done' })]);
    expect(jobs.latest('vm', 'status')?.status).toBe('error');
    jobs.learn([aJob({ id: ID(3), status: 'running' })]);
    expect(jobs.latest('vm', 'status')?.status).toBe('running');
    expect(jobs.active.map(({ id }) => id)).toEqual([ID(3)]);
    expect(jobs.latest('vm', 'logs')).toBeUndefined();
  });

  test('a job of a clock that was ahead is the latest of nothing', async () => {
    const jobs = new Jobs(await new FakeWorld().connected());
    const ahead = '03bb2cc3-d800-7000-8000-000000000001';
    jobs.learn([aJob({ id: ahead, status: 'error' }), aJob({ id: ID(1), status: 'done' })]);
    expect(jobs.all.map(({ id }) => id)).toEqual([ID(1), ahead]);
    expect(jobs.latest('vm', 'status')?.status).toBe('done');
  });

  test('a cancel is under way until the job is over, and not if it was refused', async () => {
    const world = new FakeWorld();
    const jobs = new Jobs(await world.connected());
    const job = aJob();
    jobs.learn([job]);
    const refused = jobs.cancel(job.id, false);
    expect(jobs.canceling(job)).not.toBeNull();
    world.last.say({ failed: { id: 1, failure: { code: 'failed', message: 'no' } } });
    await expect(refused).rejects.toThrow('no');
    expect(jobs.canceling(job)).toBeNull();
    void jobs.cancel(job.id, false);
    const over = aJob({ status: 'canceled' });
    jobs.learn([over]);
    expect(jobs.canceling(over)).toBeNull();
  });

  test('an open tab keeps what its job says, whichever of the two is known first', async () => {
    const jobs = new Jobs(await new FakeWorld().connected());
    const [first, second, third] = [1, 2, 3].map((n) => aJob({ id: ID(n) })) as [Job, Job, Job];
    jobs.learn([first, third]);
    jobs.tabs.open(first.id);
    jobs.tabs.open(second.id);
    expect(jobs.tabs.label(first.id)).toEqual(labelOfJob(first));
    expect(jobs.tabs.label(second.id)).toBeUndefined();
    const over = aJob({ ...second, status: 'error' });
    jobs.learn([second]);
    jobs.learn([over]);
    expect(jobs.tabs.label(second.id)).toEqual(labelOfJob(over));
    expect(jobs.tabs.label(third.id)).toBeUndefined();
    jobs.tabs.close(first.id);
    jobs.tabs.reopen();
    expect(jobs.tabs.label(first.id)).toEqual(labelOfJob(first));
  });

  test('the tab of a batch keeps what it says', async () => {
    const world = new FakeWorld();
    const client = await world.connected();
    const jobs = new Jobs(client);
    const batches = new Batches(client, jobs);
    jobs.tabs.open('batch/b');
    const loaded = batches.load('b');
    const batch = { id: 'b', command: 'uptime', changes: 1, hosts: [{}, {}] } as Batch;
    world.last.reply(1, { type: 'batch', with: batch });
    await loaded;
    expect(jobs.tabs.label('batch/b')).toEqual(labelOfBatch(batch));
  });

  test('a command on several hosts gets one tab', async () => {
    const world = new FakeWorld();
    const jobs = new Jobs(await world.connected());
    const start = {
      kind: 'command',
      command: 'uptime',
      hosts: ['a', 'b'],
      cwd: null,
      pty: false,
    } as const;
    const first = jobs.start({ ...start, hosts: [...start.hosts] });
    const batch = ID(9);
    const started = [aJob({ id: ID(1), host: 'a', batch }), aJob({ id: ID(2), host: 'b', batch })];
    world.last.reply(1, { type: 'started', with: { jobs: started } });
    expect((await first).id).toBe(ID(1));
    expect(jobs.tabs.all).toEqual([`batch/${batch}`]);
  });

  test('an answer that an event overtook takes nothing back', async () => {
    const world = new FakeWorld();
    const jobs = new Jobs(await world.connected());
    const start = { kind: 'command', command: 'true', hosts: [], cwd: null, pty: false } as const;
    const waiting = jobs.start({ ...start, hosts: [] });
    const queued = aJob({ status: 'queued' });
    jobs.learn([{ ...queued, waits: 'deploy runs already' }]);
    world.last.reply(1, { type: 'started', with: { jobs: [queued] } });
    expect((await waiting).waits).toBe('deploy runs already');
    jobs.learn([aJob({ status: 'done' })]);
    jobs.learn([aJob({ status: 'running' })]);
    expect(jobs.get(queued.id)?.status).toBe('done');
  });
});

describe('history', () => {
  const page = (jobs: number[], more: boolean) =>
    ({
      type: 'jobs',
      with: { jobs: jobs.map((n) => aJob({ id: ID(n), status: 'done' })), more, incomplete: null },
    }) as const;

  test('each page goes on after the last job of the one before', async () => {
    const world = new FakeWorld();
    const history = new History(await world.connected());
    void history.load();
    world.last.reply(1, page([9, 8], true));
    await settled();
    void history.next();
    void history.next();
    expect(world.requests).toHaveLength(2);
    expect(world.requests[1]).toMatchObject({ with: { before: ID(8) } });
    world.last.reply(2, page([7], false));
    await settled();
    await history.next();
    expect(world.requests).toHaveLength(2);
    expect(history.jobs.map(({ id }) => id)).toEqual([9, 8, 7].map(ID));
  });

  test('a late answer to an earlier filter is not taken', async () => {
    const world = new FakeWorld();
    const history = new History(await world.connected());
    history.narrow({ text: 'a' });
    history.narrow({ text: 'ab' });
    world.last.reply(2, page([2], false));
    world.last.reply(1, page([1], false));
    await settled();
    expect(history.jobs.map(({ id }) => id)).toEqual([ID(2)]);
    expect(history.loading).toBe(false);
  });

  test('a new job comes first if it matches, a changed one changes in place', async () => {
    const world = new FakeWorld();
    const history = new History(await world.connected());
    history.narrow({ project: 'vm' });
    world.last.reply(1, page([2, 1], false));
    await settled();
    history.learn(aJob({ id: ID(3) }));
    history.learn(aJob({ id: ID(4), project: 'other' }));
    history.learn(aJob({ id: ID(1), status: 'lost' }));
    expect(history.jobs.map(({ id }) => id)).toEqual([3, 2, 1].map(ID));
    expect(history.jobs.at(-1)?.status).toBe('lost');
  });

  test('a failure is kept in words, and the next answer takes it away', async () => {
    const world = new FakeWorld();
    const history = new History(await world.connected());
    void history.load();
    world.last.say({ failed: { id: 1, failure: { code: 'store_away', message: 'away' } } });
    await settled();
    expect(history.failure).toBe('away');
    void history.load();
    world.last.reply(2, page([], false));
    await settled();
    expect(history.failure).toBeNull();
  });

  test('it is narrowed by time, person and pin, and what does not match stays out', async () => {
    const world = new FakeWorld();
    const seen: string[][] = [];
    const history = new History(await world.connected(), (jobs) => seen.push(jobs));
    history.narrow({ span: 'today', owner: 'a@b' });
    const request = world.requests[0] as {
      with: { since: string; owner: string; pinned: boolean };
    };
    expect(request.with).toMatchObject({ owner: 'a@b', pinned: false });
    expect(new Date(request.with.since).getHours()).toBe(0);
    world.last.reply(1, page([2], false));
    await settled();
    expect(seen).toEqual([[ID(2)]]);
    expect(history.owners).toEqual(['a@b']);
    const now = new Date().toISOString();
    history.learn(aJob({ id: ID(3), queued_at: '2020-01-01T00:00:00Z' }));
    history.learn(aJob({ id: ID(4), queued_at: now, owner: 'c@d' }));
    history.learn(aJob({ id: ID(5), queued_at: now }));
    expect(history.jobs.map(({ id }) => id)).toEqual([5, 2].map(ID));
    history.only({ pinned: 'pinned' });
    expect(world.requests[1]).toMatchObject({ with: { owner: null, since: null, pinned: true } });
  });
});

test('spans begin at midnight, days and weeks ago', () => {
  const now = new Date(2026, 2, 3, 14, 30);
  expect(beginning('', now)).toBeNull();
  expect(beginning('hour', now)).toEqual(new Date(2026, 2, 3, 13, 30));
  expect(beginning('today', now)).toEqual(new Date(2026, 2, 3));
  expect(beginning('week', now)).toEqual(new Date(2026, 1, 25));
  expect(beginning('month', now)).toEqual(new Date(2026, 1, 2));
});

test('a note keeps its pin and a pin its note', async () => {
  const world = new FakeWorld();
  const notes = new Notes(await world.connected());
  const note = { pinned: true, text: 'see #12', by: 'a@b', at: '2026-11-24T06:00:00Z' };
  void notes.of([ID(1), ID(2)]);
  world.last.reply(1, { type: 'notes', with: { notes: [[ID(1), note]] } });
  await settled();
  expect([notes.get(ID(1)), notes.isPinned(ID(1)), notes.isPinned(ID(2))]).toEqual([
    note,
    true,
    false,
  ]);
  void notes.say(ID(1), { pinned: false });
  void notes.say(ID(2), { text: 'new' });
  expect(world.requests.slice(1)).toMatchObject([
    { with: { job: ID(1), pinned: false, text: 'see #12' } },
    { with: { job: ID(2), pinned: false, text: 'new' } },
  ]);
});

test('what a job may be measured by is the median of those that went well', async () => {
  const world = new FakeWorld();
  const previous = new PreviousRuns(await world.connected());
  void previous.of(ID(9));
  const one = (n: number, took_ms: number, status: 'done' | 'error' = 'done') => ({
    id: ID(n),
    status,
    took_ms,
  });
  const jobs = [one(8, 300), one(7, 9000, 'error'), one(6, 100), one(5, 200)];
  world.last.reply(1, { type: 'earlier', with: { jobs } });
  await settled();
  expect(previous.jobs.map(({ id }) => id)).toEqual([5, 6, 7, 8].map(ID));
  expect(previous.usual).toBe(200);
  expect(median([])).toBeNull();
});
