import { expect, test } from 'vitest';
import { SHELL } from '$lib/job';
import { opensAsTerminal } from './opens';

test('shells and what fills the screen open as terminals', () => {
  for (const command of [
    SHELL,
    '$SHELL',
    'exec ${SHELL:-sh} -l',
    'sh',
    '/bin/bash -l',
    'htop',
    'sudo htop -d 5',
    'LANG=C vim Makefile',
    'less /var/log/syslog',
    'tmux attach',
    'python3',
    'psql app',
    'ssh web-1',
    'ssh -A web-1',
  ])
    expect(opensAsTerminal(command), command).toBe(true);
});

test('what runs and ends does not', () => {
  for (const command of [
    '',
    'ls -l',
    'bash deploy.sh',
    'sh -c "echo x"',
    'bash -ec true',
    'python3 manage.py migrate',
    'node -e 1',
    'psql app -c "select 1"',
    'psql --file=a.sql app',
    'ssh web-1 uptime',
    'vim --version | head',
    'sh && make',
    'topgrade',
  ])
    expect(opensAsTerminal(command), command).toBe(false);
});
