// A click, its lines, its status; and what of the desktop is open to the page.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOG, same, status, sure, target } from './stage.mjs';

export const loop = [
  [
    'the window shows the demo project',
    async (stage) => {
      await stage.app.find(target('hello'));
      await stage.picture('first');
    },
  ],
  [
    'a click runs a target and its lines appear',
    async ({ app }) => {
      await app.click(target('hello'));
      await app.see('Hello', LOG);
    },
  ],
  [
    'its status becomes done',
    async (stage) => {
      await stage.app.find(status('done'));
      await stage.picture('done');
    },
  ],
  [
    'a terminal opens on a host, and a host cannot be an option of ssh',
    async ({ app, home, env }) => {
      await app.invoke('open_terminal', { host: 'web-1' });
      const ran = readFileSync(join(home, 'terminal-ran'), 'utf8').trim().split('\n');
      same(ran.slice(-5), ['ssh', '-F', env.VMO_SSH_CONFIG, '--', 'web-1'], 'it ran');
      const refused = await app.invoke('open_terminal', { host: '-oProxyCommand=x' }).catch(String);
      sure(/does not begin with a dash/.test(refused), `it said ${refused}`);
    },
  ],
  [
    'nothing of a plugin is open to the page',
    async ({ app }) => {
      for (const command of [
        'plugin:shell|execute',
        'plugin:dialog|open',
        'plugin:window|close',
        'plugin:fs|read_file',
      ]) {
        const answer = await app.invoke(command).then(() => 'it ran', String);
        sure(/not allowed|not found/.test(answer), `${command}: ${answer}`);
      }
    },
  ],
  [
    'the window stays where it is',
    async ({ app }) => {
      await app.run(`location.href = 'https://example.org/'; window.open('https://example.org/')`);
      await app.find(target('hello'));
    },
  ],
];
