import { expect, test } from 'vitest';
import { environmentOf, environmentsOf } from './environment';

const of = (tags: string[], production = false) => environmentOf({ tags, production });

test('a mark goes before every tag, and of several tags the one that asks for most care counts', () => {
  expect(of(['dev'], true)).toEqual({ name: 'production', tone: 'amber' });
  expect(of(['web', 'dev', 'Prod'])).toEqual({ name: 'Prod', tone: 'amber' });
  expect(of(['qa', 'stg'])).toEqual({ name: 'stg', tone: 'blue' });
  expect(of(['dev'])).toEqual({ name: 'dev', tone: 'green' });
});

test('what a person gave a color is the environment, whatever other tags say', () => {
  const colored = { tag: 'edge', color: 'violet' } as const;
  const host = { tags: ['edge', 'prod'], production: false, colored };
  expect(environmentOf(host)).toEqual({ name: 'edge', tone: 'violet' });
});

test('a tag that only holds such a word names none', () => {
  expect(of(['product', 'devops', 'latest'])).toBeNull();
});

test('several hosts are in each of their environments once, that of most first', () => {
  const hosts = [['dev'], [], ['prod'], ['prod', 'web']].map((tags) => ({
    tags,
    production: false,
  }));
  expect(environmentsOf(hosts).map(({ name }) => name)).toEqual(['prod', 'dev']);
  expect(environmentsOf([])).toEqual([]);
});
