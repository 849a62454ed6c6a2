import { expect, test } from 'vitest';
import { environmentOf } from './environment';

const of = (tags: string[], production = false) => environmentOf({ tags, production });

test('a mark goes before every tag, and of several tags the one that asks for most care counts', () => {
  expect(of(['dev'], true)).toEqual({ name: 'production', tone: 'production' });
  expect(of(['web', 'dev', 'Prod'])).toEqual({ name: 'Prod', tone: 'production' });
  expect(of(['qa', 'stg'])).toEqual({ name: 'stg', tone: 'staging' });
  expect(of(['dev'])).toEqual({ name: 'dev', tone: 'development' });
});

test('a tag that only holds such a word names none', () => {
  expect(of(['product', 'devops', 'latest'])).toBeNull();
});
