import { expect, test } from 'vitest';
import { destination, linked } from './palette';
import { fit, marks, match } from './palette-match';

test('letters match as a whole or from the starts of words', () => {
  expect(match('deploy', 'dep')).toEqual([0, 1, 2]);
  expect(match('redeploy', 'DEP')).toEqual([2, 3, 4]);
  expect(match('docker ps', 'dp')).toEqual([0, 7]);
  expect(match('run-all-tests', 'rat')).toEqual([0, 4, 8]);
  expect(match('docker ps', 'dep')).toBeNull();
  expect(match('deploy', 'x')).toBeNull();
  expect(match('anything', '')).toEqual([]);
});

test('words come in any order, in the name and around it', () => {
  const apply = { name: 'apply', place: 'infra', also: 'one state per environment infra' };
  expect(fit(apply, 'infra apply')).toMatchObject({ kind: 2 });
  expect(fit(apply, 'apply infra')).toMatchObject({ kind: 2 });
  expect(fit(apply, 'state')).toMatchObject({ kind: 3 });
  expect(fit(apply, 'apply shop')).toBeNull();
  expect(fit(apply, 'app')).toMatchObject({ kind: 0 });
  expect(fit({ name: 'Run again', place: '', also: 'retry rerun' }, 'retry')).toMatchObject({
    kind: 3,
  });
  expect(marks('apply', 'infra ap')).toEqual([0, 1]);
});

test('a pasted link names its job and lines', () => {
  const job = '01890000-0000-7000-8000-000000000001';
  expect(linked(` http://127.0.0.1:4000/job/${job}#L120-L140\n`)).toEqual({
    job,
    lines: '#L120-L140',
  });
  expect(linked(`tauri://localhost/job/${job}`)).toEqual({ job, lines: '' });
  expect(linked(`job/${job}#L7`)).toEqual({ job, lines: '#L7' });
  expect(linked(job)).toEqual({ job, lines: '' });
  for (const none of ['deploy', `${job}x`, `see job/${job} there`, job.slice(0, 20)]) {
    expect(linked(none)).toBeNull();
  }
});

test('a typed login names its host', () => {
  expect(destination('ssh web-1')).toBe('web-1');
  expect(destination('  ssh  root@10.0.0.7 ')).toBe('root@10.0.0.7');
  expect(destination('deploy@web-1.example.org')).toBe('deploy@web-1.example.org');
  expect(destination('root@fe80::1')).toBe('root@fe80::1');
  for (const none of [
    'web-1',
    'ssh',
    'ssh ',
    'ssh -v web-1',
    'ssh web-1 uptime',
    '@web',
    'a@',
    'ssh a@b@c',
    'ssh $(id)',
  ])
    expect(destination(none)).toBeNull();
});
