// The app in its real window, as the scenarios speak of it: fresh folders, a project of theirs, the driver, and one run
// of the app after the other.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { freshFolders } from '../folders.mjs';
import { Session, startDriver } from '../webdriver.mjs';
import { MAKEFILE, SCRIPTS } from './makefile.mjs';
import { Notices } from './notices.mjs';

const run = promisify(execFile);
const PYTHON = '/usr/bin/python3';
// How long something may take to come onto the clipboard, in milliseconds.
const COPYING = 10_000;
const script = (name) => join(import.meta.dirname, name);

/** The XPath of text that stands in the log. */
export const LOG = '//*[@role="log"]';
/** Keys without a letter (WebDriver §17.4.2). */
export const KEY = {
  backspace: '\uE003',
  tab: '\uE004',
  enter: '\uE007',
  shift: '\uE008',
  control: '\uE009',
  escape: '\uE00C',
  pageUp: '\uE00E',
  pageDown: '\uE00F',
  end: '\uE010',
  home: '\uE011',
  down: '\uE015',
};

/** A target's row in the sidebar. */
export const target = (name) => `[data-target="${name}"]`;
/** The status in a job's header. */
export const status = (word) => `[data-testid="status"][data-status="${word}"]`;
/** A line of the log. */
export const row = (number) => `[role="log"] [data-line="${number}"]`;
/** A button, by what stands on it. */
export const button = (words, within = '') =>
  `${within}//button[starts-with(normalize-space(), ${JSON.stringify(words)})]`;
/** A button, by its name for a screen reader. */
export const named = (words) => `[aria-label=${JSON.stringify(words)}]`;

/** A script that gives the rows on screen, from the top: their numbers and texts. */
export const ROWS = `return [...document.querySelectorAll('[role="log"] [data-line]')]
  .map((row) => [Number(row.dataset.line), row.querySelector('.text').textContent])`;

/** What the scenarios play on. */
export class Stage {
  #folders = freshFolders();
  home = this.#folders.home;
  env = { ...process.env, ...this.#folders.env };
  /** The program of the app. */
  program;
  /** The folder of our own project. */
  project = join(this.home, 'play');
  /** The run of the app that is on. */
  app;
  #driver;

  /** Folders, a desktop's bus, and the driver; the app itself is not started yet. */
  static async set(program, pictures) {
    const stage = Object.assign(new Stage(), { program: resolve(program), pictures });
    mkdirSync(pictures, { recursive: true });
    delete stage.env.DATABASE_URL;
    delete stage.env.VMO_DATABASE_URL;
    stage.#furnish();
    // A terminal that only writes down what it was asked to run.
    stage.env.TERMINAL = join(stage.home, 'terminal');
    const terminal = `#!/bin/sh\nprintf '%s\\n' "$@" > "${stage.home}/terminal-ran"\n`;
    writeFileSync(stage.env.TERMINAL, terminal, { mode: 0o755 });
    mkdirSync(stage.project);
    for (const [name, text] of Object.entries({ ...SCRIPTS, Makefile: MAKEFILE })) {
      writeFileSync(join(stage.project, name), text);
    }
    stage.notices = await Notices.listen(stage.home);
    stage.env.DBUS_SESSION_BUS_ADDRESS = stage.notices.address;
    stage.#driver = await startDriver(stage.env);
    return stage;
  }

  /** A desktop of our own, so that nothing of this machine's takes part; its file dialogs have a field for the path. */
  #furnish() {
    const XDG_CONFIG_HOME = join(this.home, '.config');
    Object.assign(this.env, { XDG_CONFIG_HOME, GSETTINGS_BACKEND: 'keyfile', NO_AT_BRIDGE: '1' });
    const settings = join(XDG_CONFIG_HOME, 'glib-2.0/settings');
    mkdirSync(settings, { recursive: true });
    const dialogs = [
      '[org/gtk/settings/file-chooser]',
      `location-mode='filename-entry'`,
      `startup-mode='cwd'`,
    ];
    writeFileSync(join(settings, 'keyfile'), dialogs.join('\n'));
  }

  /** Starts the app. */
  async open() {
    this.app = await Session.open(this.#driver.base, this.program);
  }

  /** Ends the app where it is still there, and starts it anew. */
  async restart() {
    await this.app.close().catch(() => undefined);
    await this.open();
  }

  /** Puts our project into the person's mkcli registry, and has its targets and the demo's in sight. */
  async ready() {
    writeFileSync(this.env.MKCLI_REGISTRY, `play ${this.project} 1\n`);
    for (const [project, name] of [
      ['play', 'ticks'],
      ['vm', 'hello'],
    ]) {
      const row = `//nav//button[@aria-expanded][starts-with(normalize-space(), '${project}')]`;
      await this.app.find(row);
      const folded = await this.app.run(
        `return document.evaluate(arguments[0], document, null, 9, null).singleNodeValue !== null`,
        row.replace('[@aria-expanded]', `[@aria-expanded='false']`),
      );
      if (folded) await this.app.click(row);
      await this.app.find(target(name));
    }
  }

  /** Clicks a target, trusts its project where that is asked, and waits for the page of its new job. */
  async run(name) {
    const before = await this.app.run('return location.pathname');
    await this.app.click(target(name));
    const come = () =>
      this.app.until(
        `if (location.pathname !== arguments[0] && document.querySelector('h1')?.textContent === arguments[1]) return 'job';
        return [...document.querySelectorAll('[role="dialog"] button')].some((one) => /^Trust /.test(one.textContent.trim())) && 'trust';`,
        before,
        name,
      );
    if ((await come()) === 'job') return;
    await this.app.click(button('Trust'));
    await this.app.gone('[role="dialog"]');
    await come();
  }

  /** Waits until the log is followed as far as a line; one that has been there and gone by counts. */
  reaches(number) {
    return this.app.until(
      `const rows = [...document.querySelectorAll('[role="log"] [data-line]')];
      return rows.some((row) => Number(row.dataset.line) >= arguments[0])`,
      number,
    );
  }

  /** Cancels the job that is shown. */
  async cancel() {
    await this.app.press(KEY.control, '.');
    await this.app.find(status('canceled'));
  }

  /** Cancels the job that is shown, where it runs. */
  async stop() {
    const runs = `return document.querySelector(arguments[0]) !== null`;
    if (await this.app.run(runs, status('running'))) await this.cancel();
  }

  /** Opens the palette, and waits until it has the keyboard. */
  async palette() {
    await this.app.press(KEY.control, 'k');
    await this.app.until(
      `return document.activeElement.matches('[role="dialog"] input[aria-activedescendant]')`,
    );
  }

  /** Opens the form of a shell command by the palette, and types the command. */
  async command(text) {
    await this.palette();
    await this.app.type(`run a command${KEY.enter}`);
    await this.app.find('#command');
    await this.app.fill('#command', text);
  }

  /** Does something to the window or the display, as `screen.py` has it; gives what it prints. */
  async screen(...args) {
    const { stdout } = await run(PYTHON, [script('screen.py'), ...args.map(String)]);
    return stdout.trim();
  }

  /** What lies on the desktop's clipboard. */
  async clipboard() {
    const { stdout } = await run(PYTHON, [script('clipboard.py'), 'now']);
    return stdout;
  }

  /** Presses Ctrl C, and gives what comes onto the desktop's clipboard. */
  async copied() {
    const listener = spawn(PYTHON, [script('clipboard.py'), 'next'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: COPYING,
    });
    const over = once(listener, 'close');
    await Promise.race([once(listener.stdout, 'data'), over]);
    const text = [];
    listener.stdout.on('data', (bytes) => text.push(bytes));
    await this.app.press(KEY.control, 'c');
    const [code] = await over;
    if (code !== 0) throw new Error(`nothing was copied in ${COPYING} ms`);
    return Buffer.concat(text).toString();
  }

  /** The rows on screen, from the top: their numbers and texts. */
  rows() {
    return this.app.run(ROWS);
  }

  /** Has another window take the keyboard; gives what hands it back. */
  async lookAway() {
    const other = spawn(PYTHON, [script('screen.py'), 'away'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(createInterface({ input: other.stdout }), 'line');
    return async () => {
      other.stdin.end();
      if (other.exitCode === null) await once(other, 'exit');
    };
  }

  /** The process of the app that is on. */
  process() {
    const ours = `VMO_DATA_DIR=${this.env.VMO_DATA_DIR}`;
    const is = (pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
        return readlinkSync(`/proc/${pid}/exe`) === this.program && environment.includes(ours);
      } catch {
        return false; // It has ended meanwhile, or is another's.
      }
    };
    const found = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && is(name));
    if (found.length !== 1) throw new Error(`${found.length} processes have our folders`);
    return Number(found[0]);
  }

  /** A picture of the window. */
  picture(name) {
    return this.app.screenshot(join(this.pictures, `window-${name}.png`));
  }

  /** Ends all of it. */
  async clear() {
    await this.app?.close().catch(() => undefined);
    // The driver last: it ends the app after it has answered.
    this.#folders.remove();
    this.#driver.stop();
    this.notices.stop();
  }
}

/** Fails where two things are not the same. */
export function same(found, wanted, what = 'it is') {
  const [one, other] = [found, wanted].map((value) => JSON.stringify(value));
  if (one !== other) throw new Error(`${what} ${one}, not ${other}`.slice(0, 2000));
}

/** Fails where something does not hold. */
export function sure(holds, what) {
  if (!holds) throw new Error(what);
}
