import { expect, test } from 'vitest';
import type { Host, Job, NewHost, Reach } from '$lib/wire';
import { HostForm, type HostWorld } from './host-form.svelte';

const NOW = '2026-01-01T00:00:00Z';

function world(state: Reach['state'] = 'up') {
  const calls: unknown[] = [];
  const jobs = new Map<string, Job>();
  const job = (status: Job['status'], reason: string | null = null) =>
    ({ id: 'j', status, reason }) as Job;
  const fake = {
    hosts: {
      add: (...all: unknown[]) => Promise.resolve(void calls.push(all)),
      edit: (host: NewHost) => Promise.resolve(void calls.push(host)),
      logIn: (host: NewHost) => {
        calls.push(host);
        return Promise.resolve([job('running')]);
      },
      probeAddress: (address: string, port: number) => {
        calls.push(`${address}:${port}`);
        const why = state === 'up' ? null : 'nothing listens';
        const reach = { host: '', state, at: NOW, round_trip_us: 1, server: 'SSH-2.0-x', why };
        return Promise.resolve(reach);
      },
    },
    jobs: { get: (id: string) => jobs.get(id), learn: () => undefined },
    launch: { allowed: <T>(start: () => Promise<T>) => start() },
    reaches: { get: () => undefined },
  } satisfies HostWorld;
  return {
    fake,
    calls,
    over: (status: Job['status'], why?: string) => jobs.set('j', job(status, why)),
  };
}

test('a login is tried as it is filled in, and its answer is of that alone', async () => {
  const { fake, calls, over } = world();
  const form = new HostForm(fake, null);
  [form.name, form.address, form.user] = ['web-1', '10.0.0.1', 'root'];
  expect(form.mayBeTried).toBe(true);
  await form.logIn();
  expect(calls).toMatchObject([{ name: 'web-1', address: '10.0.0.1', user: 'root', port: null }]);
  expect([form.logsIn, form.answer, form.mayBeTried]).toEqual([true, null, false]);
  over('error', 'the server refused the login');
  // What is known of jobs is a map here, and no state.
  form.port = '2222';
  form.port = '';
  expect(form.answer).toMatchObject({ word: 'Not logged in', isGood: false });
  expect(form.isWarned).toBe(true);
  form.user = 'ann';
  expect([form.answer, form.isWarned]).toEqual([null, false]);
});

test('what was not tried is asked whether it answers, and saved with tags and mark', async () => {
  const { fake, calls } = world();
  const form = new HostForm(fake, null);
  [form.name, form.address, form.port, form.tags, form.production] = [
    'a',
    'h',
    '22',
    '@x, y',
    true,
  ];
  expect(await form.save()).toBe(true);
  expect(calls[0]).toBe('h:22');
  expect(calls[1]).toMatchObject([{ name: 'a', address: 'h' }, ['x', 'y'], true]);

  const down = world('down');
  const second = new HostForm(down.fake, null);
  [second.name, second.address] = ['a', 'h'];
  expect([await second.save(), second.isWarned]).toEqual([false, true]);
  expect([await second.save(), down.calls.length]).toEqual([true, 2]);
});

test('a port that is none is said, and a host that is not changed is not saved', async () => {
  const { fake, calls } = world();
  const host = { name: 'a', hostname: 'h', user: 'root', port: 22 } as Host;
  const form = new HostForm(fake, host);
  form.port = '70000';
  await expect(form.logIn()).rejects.toThrow('is no port');
  form.port = '';
  await form.save();
  expect(calls).toEqual(['h:22']);
});
