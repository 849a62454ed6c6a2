// The desktop around the window: what is told there, and what is remembered from one start to the next.
import { KEY, LOG, same, status, sure, target } from './stage.mjs';

const NAME = 'VM Orchestrator';
const LOOK = `return [document.documentElement.classList.contains('dark'), getComputedStyle(document.body).backgroundColor]`;

/** Chooses a theme in the settings, and gives how the window then looks. */
async function choose(app, theme) {
  await app.click('a[href="/settings"]');
  await app.click(`//*[@aria-label='Theme']//button[. = '${theme}']`);
  await app.find(`//*[@aria-label='Theme']//button[. = '${theme}'][@data-state='on']`);
  return app.run(LOOK);
}

export const desktop = [
  [
    'a failure is told of while another window has the keyboard, a short success is not',
    async (stage) => {
      const { app, notices } = stage;
      const before = notices.shown.length;
      const back = await stage.lookAway();
      await stage.run('hello');
      await app.find(status('done'));
      await stage.run('fail');
      await app.find(status('error'));
      const { title, text, actions } = await notices.of('fail', before);
      same([title, actions], ['fail · vm', ['default', 'Open the job']], 'it says');
      sure(/fail failed with exit code 7/.test(text), `it says ${text}`);
      same(
        notices.shown.slice(before).map((one) => one.title),
        ['fail · vm'],
        'told is',
      );
      await back();
    },
  ],
  [
    'a click on what was told shows the job',
    async ({ app, notices }) => {
      const job = await app.run('return location.pathname');
      await app.click('a[href="/history"]');
      await app.until(`return location.pathname === '/history'`);
      notices.click(await notices.of('fail'));
      await app.until('return location.pathname === arguments[0]', job);
      await app.see('error: 1 of 3 checks failed', LOG);
    },
  ],
  [
    'nothing is told of what is looked at, and a long success is told of elsewhere',
    async (stage) => {
      const { app, notices } = stage;
      const before = notices.shown.length;
      await stage.run('fail');
      await app.find(status('error'));
      const back = await stage.lookAway();
      await stage.run('slow');
      const { text } = await notices.of('slow', before, 20_000);
      same(text, 'done after 0:11', 'it says');
      same(
        notices.shown.slice(before).map((one) => one.title),
        ['slow · play'],
        'told is',
      );
      await back();
    },
  ],
  [
    'the tray has what runs',
    async (stage) => {
      const { app, notices } = stage;
      await stage.run('ticks');
      await app.find(status('running'));
      const { name } = await notices.trays(({ text }) => text === 'ticks · play');
      same(name, `${NAME}: 1 job running`, 'it says');
      await stage.cancel();
      await notices.trays(({ status, title }) => status === 'Passive' && title === 'Nothing runs');
    },
  ],
  [
    'the window’s title says what is looked at',
    async (stage) => {
      const { app } = stage;
      await stage.run('hello');
      await app.find(status('done'));
      await app.until(`return document.title.startsWith('make hello')`);
      same(await stage.screen('title', NAME), `make hello · ${NAME}`, 'the title is');
    },
  ],
  [
    'Ctrl + and − make all of it larger and smaller, and Ctrl 0 as it was',
    async ({ app }) => {
      const before = await app.run('return innerWidth');
      await app.press(KEY.control, '+');
      await app.until('return innerWidth < arguments[0]', before);
      await app.press(KEY.control, '-');
      await app.until('return innerWidth === arguments[0]', before);
      await app.press(KEY.control, '-');
      await app.until('return innerWidth > arguments[0]', before);
      await app.press(KEY.control, '0');
      await app.until('return innerWidth === arguments[0]', before);
    },
  ],
  [
    'light and dark are the window’s',
    async ({ app }) => {
      const [isDark, dark] = await choose(app, 'Dark');
      const [isLight, light] = await choose(app, 'Light');
      same([isDark, isLight], [true, false], 'dark is');
      sure(dark !== light, `both are ${dark}`);
      await choose(app, 'Dark');
    },
  ],
  [
    'the window’s size, its tabs and its theme are there after a restart',
    async (stage) => {
      const tabs = (app) =>
        app.run(
          `return [...document.querySelectorAll('nav[aria-label="Open jobs"] a[href^="/job/"]')].map((tab) => tab.textContent.trim())`,
        );
      const before = await tabs(stage.app);
      sure(before.length >= 3, `the tabs are ${JSON.stringify(before)}`);
      const look = await stage.app.run(LOOK);
      await stage.screen('resize', NAME, 1100, 700);
      await stage.app.until('return innerWidth === 1100 && innerHeight === 700');
      // By its title bar: a driver ends it too soon for anything to be written.
      await stage.screen('close');
      await stage.restart();
      await stage.app.until('return innerWidth === 1100 && innerHeight === 700');
      same(await stage.app.run(LOOK), look, 'it looks');
      await stage.app.find(target('hello'));
      same(await tabs(stage.app), before, 'the tabs are');
    },
  ],
  [
    'what is chosen in one window holds in all of them at once',
    async (stage) => {
      const { app } = stage;
      const first = await app.window();
      const before = await app.windows();
      const width = await app.run('return innerWidth');
      await app.click('a[href="/history"]');
      await app.until(`return document.title.startsWith('History')`);
      await app.press(KEY.control, KEY.shift, 'N');
      const second = (await app.moreWindows(before)).find((one) => !before.includes(one));
      await app.lookAt(second);
      await app.until(`return document.title.startsWith('History')`);
      const own = await app.run('return innerWidth');
      await app.press(KEY.control, '+');
      await app.until('return innerWidth < arguments[0]', own);
      await stage.palette();
      await app.type(`theme light${KEY.enter}`);
      await app.until(`return !document.documentElement.classList.contains('dark')`);
      await app.lookAt(first);
      await app.until('return innerWidth < arguments[0]', width);
      await app.until(`return !document.documentElement.classList.contains('dark')`);
      await stage.palette();
      await app.type(`theme dark${KEY.enter}`);
      await app.press(KEY.control, '0');
      await app.lookAt(second);
      await app.until('return innerWidth === arguments[0]', own);
      await app.until(`return document.documentElement.classList.contains('dark')`);
    },
  ],
  [
    'further windows are there again after a restart, each on its page',
    async (stage) => {
      // Both are open from the step before; all are closed at once.
      await stage.app.press(KEY.control, 'q').catch(() => undefined);
      await stage.restart();
      const { app } = stage;
      const first = await app.window();
      const second = (await app.moreWindows([first])).find((one) => one !== first);
      await app.lookAt(second);
      await app.until(`return location.pathname === '/history'`);
      await app.find('tr[data-job]');
      await app.press(KEY.control, 'w').catch(() => undefined);
      await app.lookAt(first);
      await app.fewerWindows(2);
      await app.find(target('hello'));
    },
  ],
];
