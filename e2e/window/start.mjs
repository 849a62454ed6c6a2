// The app begins: a second start shows the first window, a question needs none, and what keeps it from opening is said in
// a window, since nobody who starts it from an icon sees a terminal.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { same, sure } from './stage.mjs';

const EXPLAINED = 'VM Orchestrator could not open';
const JOB = '01890000-0000-7000-8000-000000000001';

/** Starts the app once more, and gives how it ended: its exit code and what it wrote. */
async function start(stage, args, env = {}, meanwhile = async () => undefined) {
  const app = spawn(stage.program, args, {
    env: { ...stage.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr']) {
    app[stream].on('data', (bytes) => (written[stream] += bytes));
  }
  const ended = once(app, 'close');
  try {
    await Promise.race([meanwhile(), ended.then(() => undefined)]);
    const [code] = await ended;
    return { code, ...written };
  } finally {
    if (app.exitCode === null) app.kill('SIGKILL');
  }
}

/** Reads the window that explains, and closes it as a person does. */
const dismiss = (stage) => async () => {
  same(await stage.screen('title', EXPLAINED), EXPLAINED, 'the title is');
  await stage.screen('dismiss', EXPLAINED);
};

export const begin = [
  [
    'the version and the usage need no window',
    async (stage) => {
      const version = await start(stage, ['--version'], { DISPLAY: '' });
      sure(/^vm-orchestrator \d+\.\d+\.\d+\n$/.test(version.stdout), version.stdout);
      const help = await start(stage, ['--help'], { DISPLAY: '' });
      sure(help.code === 0 && /vmo:\/\/job\/ID/.test(help.stdout), help.stdout);
      const odd = await start(stage, ['--window'], { DISPLAY: '' });
      sure(odd.code === 2 && /no option '--window'/.test(odd.stderr), odd.stderr);
    },
  ],
  [
    'a second start shows the first window, at its link, and ends',
    async (stage) => {
      const second = await start(stage, [`vmo://job/${JOB}`]);
      sure(second.code === 0 && /is open already/.test(second.stderr), second.stderr);
      await stage.app.until('return location.pathname === arguments[0]', `/job/${JOB}`);
      await stage.app.click('a[href="/history"]');
    },
  ],
  [
    'a data folder that cannot be made is explained in a window',
    async (stage) => {
      const file = join(stage.home, 'a-file');
      writeFileSync(file, '');
      const env = { VMO_DATA_DIR: join(file, 'data') };
      const { code, stderr } = await start(stage, [], env, dismiss(stage));
      sure(code === 1 && /a file is in the way/.test(stderr), stderr);
    },
  ],
  [
    'a folder that the webview cannot write to is explained in a window',
    async (stage) => {
      const data = join(stage.home, 'other');
      mkdirSync(data);
      writeFileSync(join(data, 'webview'), '');
      const { code, stderr } = await start(stage, [], { VMO_DATA_DIR: data }, dismiss(stage));
      sure(code === 1 && /other\/webview: /.test(stderr), stderr);
      sure(!/panicked/.test(stderr), stderr);
      rmSync(data, { recursive: true });
    },
  ],
];
