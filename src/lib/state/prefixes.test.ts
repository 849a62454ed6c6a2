import { expect, test } from 'vitest';
import type { Target } from '../wire';
import { aHost } from '../testing/fake';
import { alike, alikeHosts } from './prefixes';

const targets = (names: string[]) => names.map((name) => ({ name }) as Target);

test('a few targets are one list', () => {
  const few = targets(['db-up', 'db-down', 'db-dump']);
  expect(alike(few)).toEqual([{ prefix: null, targets: few }]);
});

test('many are in groups by what they begin with, and the others stay together', () => {
  const many = targets([
    'build',
    ...Array.from({ length: 20 }, (_, i) => `docker-${i}`),
    'test',
    ...Array.from({ length: 10 }, (_, i) => `db/${i}`),
    'lone-wolf',
  ]);
  const groups = alike(many).map(({ prefix, targets }) => [prefix, targets.length]);
  expect(groups).toEqual([
    [null, 3],
    ['docker', 20],
    ['db', 10],
  ]);
});

test('hosts are in groups by what is before a number or a sign, if there are three', () => {
  const names = ['web-01', 'web2', 'bastion', 'db-1', 'web-eu-3', 'db-2', 'cache.1', 'db_3'];
  const groups = alikeHosts(names.map((name) => aHost({ name })));
  expect(groups.map(({ prefix, hosts }) => [prefix, hosts.map(({ name }) => name)])).toEqual([
    ['web', ['web-01', 'web2', 'web-eu-3']],
    ['db', ['db-1', 'db-2', 'db_3']],
  ]);
});
