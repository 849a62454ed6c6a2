import { expect, test } from 'vitest';
import { about } from './target-help';
import { aTarget } from './testing/fake';

test('help goes before what is worked out', () => {
  const summary = { text: 'go test ./...', by: { by: 'command' as const } };
  expect(about(aTarget('test', { doc: 'Test it', summary }))).toEqual({
    text: 'Test it',
    by: 'help',
    whole: 'Test it',
  });
  expect(about(aTarget('test'))).toBeNull();
});

test('what is worked out says where it is from', () => {
  const of = (summary: NonNullable<ReturnType<typeof aTarget>['summary']>) =>
    about(aTarget('test', { summary }));
  expect(of({ text: 'Test it', by: { by: 'document', file: 'README.md' } })).toEqual({
    text: 'Test it',
    by: 'prose',
    whole: 'Test it (README.md)',
  });
  expect(of({ text: 'Testing', by: { by: 'recipe' } })?.whole).toBe('Testing (its recipe)');
  expect(of({ text: 'runs lint', by: { by: 'leads' } })?.by).toBe('prose');
  expect(of({ text: 'go test', by: { by: 'command' } })).toEqual({
    text: 'go test',
    by: 'command',
    whole: '$ go test',
  });
});
