import { expect, test } from 'vitest';
import { byName, counts, csv, failed, named, where } from './batch';
import type { BatchHost, HostState } from './wire';

const host = (name: string, state: HostState): BatchHost => ({
  name,
  state,
  wave: 0,
  job: null,
  checked: false,
  why: null,
});

test('a batch says where it runs, and which hosts are to be seen to', () => {
  const hosts = [host('web-2', 'done'), host('web-10', 'error'), host('db', 'unreachable')];
  expect(where({ chosen: '', hosts })).toBe('3 hosts');
  expect(where({ chosen: '@edge', hosts: hosts.slice(0, 1) })).toBe('@edge, 1 host');
  expect(failed({ hosts })).toEqual(['web-10', 'db']);
  expect(counts(hosts)).toEqual([
    { state: 'done', word: 'done', count: 1 },
    { state: 'error', word: 'error', count: 1 },
    { state: 'unreachable', word: 'unreachable', count: 1 },
  ]);
});

test('a refused login and a strange key are distinguished from a host that is not there', () => {
  const of = (unreachable: string) => ({ ...host(unreachable, 'unreachable'), unreachable });
  const hosts = ['auth_failed', 'dns', 'timeout', 'auth_failed', 'host_key_changed'].map(of);
  const words = counts([...hosts, of('refused')]).map((each) => `${each.count} ${each.word}`);
  expect(words).toEqual(['1 host key changed', '2 login failed', '1 no answer', '2 unreachable']);
});

test('names are in the order of their numbers, and of many the first are named', () => {
  expect(['web-10', 'web-9', 'db'].sort(byName)).toEqual(['db', 'web-9', 'web-10']);
  expect(named(['b', 'a'])).toBe('b, a');
  expect(named(['w10', 'w9', 'w8', 'w7'])).toBe('w7, w8 and 2 more');
});

test('a table for a spreadsheet keeps every character, and runs nothing', () => {
  const rows = [
    ['Host', 'Answer'],
    ['a', 'one, "two"\nthree'],
    ['b', '=cmd()'],
  ];
  expect(csv(rows)).toBe('Host,Answer\r\na,"one, ""two""\nthree"\r\nb,\'=cmd()\r\n');
});
