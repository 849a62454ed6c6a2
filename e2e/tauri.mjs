// The loop in the real window: a click on a demo target, its lines, its status; then the app starts anew and the job is
// there. Run it under a display of its own:
//
//   xvfb-run -a -s '-screen 0 1500x1000x24 -noreset' node e2e/tauri.mjs
//
// VMO_APP is the app to drive, by default the development build; VMO_SCREENSHOTS is where pictures go.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { freshFolders } from './folders.mjs';
import { Session, startDriver } from './webdriver.mjs';

const application = resolve(process.env.VMO_APP ?? 'target/debug/vm-orchestrator');
const pictures = process.env.VMO_SCREENSHOTS ?? 'screenshots';
mkdirSync(pictures, { recursive: true });
const folders = freshFolders();
const { home } = folders;
const env = { ...process.env, ...folders.env };
delete env.DATABASE_URL;
// A terminal that only writes down what it was asked to run.
env.TERMINAL = join(home, 'terminal');
writeFileSync(env.TERMINAL, `#!/bin/sh\nprintf '%s\\n' "$@" > "${home}/terminal-ran"\n`, {
  mode: 0o755,
});

// The app that was started with our folders.
function processOf(program) {
  const ours = `VMO_DATA_DIR=${env.VMO_DATA_DIR}`;
  const is = (pid) => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      return readlinkSync(`/proc/${pid}/exe`) === program && environment.includes(ours);
    } catch {
      return false; // It has ended meanwhile, or is another's.
    }
  };
  const found = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && is(name));
  if (found.length !== 1)
    throw new Error(`${found.length} processes of ${program} have our folders`);
  return Number(found[0]);
}

// Its title bar has none without a window manager.
function closeWindow() {
  execFileSync('/usr/bin/python3', [resolve('e2e/close_window.py')]);
}

const target = (name) => `[data-target="${name}"]`;
let app;

const scenario = [
  [
    'the window shows the demo project',
    async () => {
      await app.find(target('hello'));
      await app.screenshot(join(pictures, 'window-first.png'));
    },
  ],
  [
    'a click runs a target and its lines appear',
    async () => {
      await app.click(target('hello'));
      await app.see('Hello', '//*[@role="log"]');
    },
  ],
  [
    'its status becomes done',
    async () => {
      await app.find('[data-testid="status"][data-status="done"]');
      await app.screenshot(join(pictures, 'window-done.png'));
    },
  ],
  [
    'a shell opens as a terminal, takes keys and is over',
    async () => {
      await app.click('[aria-label="More for vm"]');
      await app.click(`//*[@role='menuitem'][contains(., 'Open a shell')]`);
      await app.find('.xterm.focus .xterm-cursor');
      await app.type('echo $((6*7)); exit 0');
      await app.screenshot(join(pictures, 'window-terminal.png'));
      await app.type('\uE007');
      await app.find(
        `//*[@data-testid='terminal']//*[contains(@class, 'xterm-rows')]/div[normalize-space() = '42']`,
      );
      await app.find('[data-testid="status"][data-status="done"]');
    },
  ],
  [
    'a terminal opens on a host, and a host cannot be an option of ssh',
    async () => {
      await app.invoke('open_terminal', { host: 'web-1' });
      const ran = readFileSync(join(home, 'terminal-ran'), 'utf8').trim().split('\n');
      const wanted = ['ssh', '-F', env.VMO_SSH_CONFIG, '--', 'web-1'];
      if (ran.slice(-5).join(' ') !== wanted.join(' ')) throw new Error(`it ran ${ran.join(' ')}`);
      const refused = await app.invoke('open_terminal', { host: '-oProxyCommand=x' }).catch(String);
      if (!/does not begin with a dash/.test(refused)) throw new Error(`it said ${refused}`);
    },
  ],
  [
    'nothing of a plugin is open to the page',
    async () => {
      for (const command of [
        'plugin:shell|execute',
        'plugin:dialog|open',
        'plugin:window|close',
        'plugin:fs|read_file',
      ]) {
        const answer = await app.invoke(command).then(() => 'it ran', String);
        if (!/not allowed|not found/.test(answer)) throw new Error(`${command}: ${answer}`);
      }
    },
  ],
  [
    'the window stays where it is',
    async () => {
      await app.run(`location.href = 'https://example.org/'; window.open('https://example.org/')`);
      await app.find(target('hello'));
    },
  ],
  [
    'after a restart the job is in the history and replays',
    async () => {
      await app.close();
      app = await Session.open(driver.base, application);
      await app.click('a[href="/history"]');
      await app.click(`//tr[@data-job]//a[normalize-space()='hello']`);
      await app.see('Hello', '//*[@role="log"]');
      await app.screenshot(join(pictures, 'window-replayed.png'));
    },
  ],
  [
    'closing the window asks about a job that runs: it stays, leaves it running, or cancels it',
    async () => {
      await app.click(target('logs'));
      await app.see('GET /', '//*[@role="log"]');
      closeWindow();
      await app.see('1 job still runs');
      await app.screenshot(join(pictures, 'window-quit.png'));
      await app.click(`//button[normalize-space()='Stay']`);
      await app.find('[data-testid="status"][data-status="running"]');
      for (const [answer, status] of [
        ['Leave them running', 'running'],
        ['Cancel them and close', 'canceled'],
      ]) {
        closeWindow();
        await app.see(answer);
        // The app may be gone before it has answered the click.
        await app.click(`//button[normalize-space()='${answer}']`).catch(() => undefined);
        await app.close().catch(() => undefined);
        app = await Session.open(driver.base, application);
        await app.click('a[href="/history"]');
        await app.click(`//tr[@data-job]//a[normalize-space()='logs']`);
        await app.find(`[data-testid="status"][data-status="${status}"]`);
      }
    },
  ],
  [
    'a job outlives its killed app, and is whole and done after the next start',
    async () => {
      await app.click(target('create'));
      await app.see('copying the image', '//*[@role="log"]');
      process.kill(processOf(application), 'SIGKILL');
      await app.close().catch(() => undefined);
      app = await Session.open(driver.base, application);
      await app.click('a[href="/history"]');
      await app.click(`//tr[@data-job]//a[normalize-space()='create']`);
      await app.see('is ready', '//*[@role="log"]');
      await app.find('[data-testid="status"][data-status="done"]');
    },
  ],
];

const driver = await startDriver(env);
let passed = 0;
let failed = 0;
try {
  app = await Session.open(driver.base, application);
  for (const [name, step] of scenario) {
    try {
      await step();
      passed += 1;
      console.log(`ok      ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED  ${name}: ${error.message}`);
      await app.screenshot(join(pictures, 'window-failed.png')).catch(() => undefined);
      // Each step stands on the one before.
      break;
    }
  }
} finally {
  await app?.close().catch(() => undefined);
  // The driver last: it ends the app after it has answered.
  folders.remove();
  driver.stop();
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
