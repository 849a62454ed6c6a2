import { expect, test } from 'vitest';
import { aHost, aJob, FakeWorld } from '../testing/fake';
import { HostList } from './host-list.svelte';
import { Hosts } from './hosts.svelte';
import { Jobs } from './jobs.svelte';
import { Reaches } from './reaches.svelte';

/** A list of the hosts a to d, of which b does not answer. */
async function open() {
  const client = await new FakeWorld().connected();
  const sources = {
    hosts: new Hosts(client),
    jobs: new Jobs(client),
    reaches: new Reaches(client),
  };
  sources.hosts.set(
    ['a', 'b', 'c', 'd'].map((name) => aHost({ name })),
    [],
  );
  sources.reaches.learn({
    host: 'b',
    state: 'down',
    why: 'connection refused',
    server: null,
    round_trip_us: null,
    at: '2026-11-24T06:00:00Z',
  });
  return { list: new HostList(sources), ...sources };
}

const names = (list: HostList) => list.rows.map(({ host }) => host.name);

test('a row has what is known of its host: its reach, its newest job and how many go on', async () => {
  const { list, jobs } = await open();
  const [older, newer] = ['1', '2'].map((id) => aJob({ id, host: 'a' }));
  jobs.learn([older!, newer!]);
  expect(list.rows[0]).toMatchObject({ last: newer, running: 2, reach: undefined });
  expect(list.rows[1]).toMatchObject({ last: undefined, running: 0, reach: { state: 'down' } });
});

test('hosts are looked for, shown by how they answer, and sorted both ways', async () => {
  const { list } = await open();
  expect(list.counts).toEqual(
    new Map([
      ['unasked', 3],
      ['down', 1],
    ]),
  );
  list.state = 'unasked';
  list.sort('name');
  expect(names(list)).toEqual(['d', 'c', 'a']);
  list.filter = 'c';
  expect(names(list)).toEqual(['c']);
  expect([list.wanted, list.all.length]).toEqual([1, 4]);
});

test('a range is chosen from the last choice on; what is gone is chosen no more', async () => {
  const { list, hosts } = await open();
  list.choose(1, false);
  list.choose(3, true);
  expect([list.names, list.chosenOf]).toEqual([['b', 'c', 'd'], 'some']);
  list.choose(2, false);
  expect(list.names).toEqual(['b', 'd']);
  hosts.set([aHost({ name: 'b' })], []);
  expect([list.names, list.chosenOf]).toEqual([['b'], 'all']);
  list.chooseAll();
  expect(list.names).toEqual([]);
});
