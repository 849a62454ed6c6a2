// Pictures of the real window for the README, light and dark: `make screenshots`. They show a made-up user's folders, so
// that they are the same from every machine.
//
//   xvfb-run -a -s '-screen 0 1500x1000x24 -noreset' node e2e/pictures.mjs
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freshFolders } from './folders.mjs';
import { Session, startDriver } from './webdriver.mjs';

const pictures = resolve('docs/pictures');
const home = join(tmpdir(), 'ada');
const app = join(home, 'vm-orchestrator');

const log = '//*[@role="log"]';
const status = (word) => `[data-testid="status"][data-status="${word}"]`;
const target = (name) => `[data-target="${name}"]`;

/** Lays out the app in the made-up user's home, as a checkout would be. */
function layOut(folders) {
  mkdirSync(app);
  for (const program of ['vm-orchestrator', 'vmo', 'vmo-supervisor']) {
    cpSync(join('target/debug', program), join(app, program));
  }
  cpSync('examples/vm', join(app, 'examples/vm'), { recursive: true });
  symlinkSync(resolve('target/postgres'), join(app, 'postgres'));
  const hosts = ['web-1', 'web-2', 'db-1', 'cache-1'];
  const blocks = hosts.map(
    (host, n) => `Host ${host}\n    HostName 10.0.0.${n + 11}\n    User ada\n`,
  );
  writeFileSync(folders.env.VMO_SSH_CONFIG, blocks.join('\n'));
}

async function take(theme, folders) {
  const dark = theme === 'dark';
  const driver = await startDriver({
    PATH: process.env.PATH,
    DISPLAY: process.env.DISPLAY,
    XAUTHORITY: process.env.XAUTHORITY ?? '',
    ...folders.env,
    USER: 'ada',
    LANG: 'C.UTF-8',
    GTK_THEME: dark ? 'Adwaita:dark' : 'Adwaita',
  });
  let window;
  try {
    window = await Session.open(driver.base, join(app, 'vm-orchestrator'));
    const picture = (name) => window.screenshot(join(pictures, `${name}-${theme}.png`));
    await window.find(target('status'));
    await window.see('Logs kept in Postgres');
    await window.post('execute/async', {
      script: 'document.fonts.ready.then(() => arguments[0]())',
      args: [],
    });
    await picture('first');
    await window.click(target('status'));
    await window.find(status('done'));
    await window.see('5 machines', log);
    await window.click(target('fail'));
    await window.find(status('error'));
    await window.see('*** [', log);
    // The icon has faded in, and nothing is followed any more.
    await window.find('//footer[not(contains(., "Following"))]');
    await picture('failed');
    await window.click(target('logs'));
    await window.see('slow query', log);
    await window.find('//*[@role="log"]//*[@data-line="40"]');
    await picture('window');
    await window.click(`//button[starts-with(normalize-space(), 'Cancel')]`);
    await window.find(status('canceled'));
    await window.click(target('destroy'));
    await window.see('Exactly what runs');
    await picture('launch');
    await window.click(`//button[starts-with(normalize-space(), 'Close')]`);
    await window.click('a[href="/history"]');
    await window.find('tr[data-job]');
    await picture('history');
  } finally {
    await window?.close();
    // The driver last: it ends the app after it has answered.
    folders.left();
    driver.stop();
  }
}

mkdirSync(pictures, { recursive: true });
for (const theme of ['light', 'dark']) {
  // Each is a first start.
  const folders = freshFolders(home);
  try {
    layOut(folders);
    await take(theme, folders);
    console.log(`docs/pictures/*-${theme}.png`);
  } finally {
    folders.remove();
  }
}
