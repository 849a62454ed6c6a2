// Several windows of one app: each shows a page of its own, and the app is there until the last one is closed.
import { KEY, LOG, button, named, same, status, sure, target } from './stage.mjs';

const SIDEBAR = `return document.querySelector('[data-target]') !== null`;
const TABS = `return [...document.querySelectorAll('[data-tab] a')].map((tab) => tab.textContent.trim())`;

/** The window that a step began in, and the one that it opened. */
let first;
let second;
/** The tab of the job that runs: other places leave tabs of their own. */
let tab;

/** Does something that opens a window, and looks at that one: gives what goes back. */
async function opened(app, open) {
  const before = await app.windows();
  await open();
  const after = await app.moreWindows(before);
  same(after.length, before.length + 1, 'windows are');
  first = await app.window();
  second = after.find((one) => !before.includes(one));
  await app.lookAt(second);
  await app.until(`return document.visibilityState === 'visible' && innerWidth > 1`);
  return () => app.lookAt(first);
}

const apart = (app) => app.press(KEY.control, KEY.shift, 'N');

export const windows = [
  [
    'a job that runs is followed in a window of its own, with one tab and without the sidebar',
    async (stage) => {
      const { app } = stage;
      await stage.run('ticks');
      await app.find(status('running'));
      const path = await app.run('return location.pathname');
      tab = `[data-tab="${path.slice('/job/'.length)}"] a`;
      const back = await opened(app, () => apart(app));
      same(await app.run('return location.pathname'), path, 'it shows');
      await stage.reaches(2);
      same(
        [await app.run(SIDEBAR), (await app.run(TABS)).length],
        [false, 1],
        'sidebar and tabs are',
      );
      // What it hides is its own affair.
      await back();
      sure(await app.run(SIDEBAR), 'the first window lost its sidebar');
    },
  ],
  [
    'it is closed without a word while the job runs on, by its last tab',
    async (stage) => {
      const { app } = stage;
      await app.lookAt(second);
      // It may be gone before its keys are let go.
      await app.press(KEY.control, 'w').catch(() => undefined);
      await app.lookAt(first);
      await app.fewerWindows(2);
      await app.find(status('running'));
    },
  ],
  [
    'a tab’s menu opens one, and the history is in one as well',
    async (stage) => {
      const { app } = stage;
      await app.contextClick(tab);
      let back = await opened(app, () =>
        app.click(`//*[@role='menuitem'][starts-with(normalize-space(), 'Open in a new window')]`),
      );
      await app.find(status('running'));
      await app.click(named('Close ticks')).catch(() => undefined);
      await back();
      await app.fewerWindows(2);
      await app.click('a[href="/history"]');
      back = await opened(app, () => apart(app));
      await app.find('tr[data-job]');
      await app.press(KEY.control, 'w').catch(() => undefined);
      await back();
      await app.fewerWindows(2);
    },
  ],
  [
    'the first one is closed without a word while another stays, and the last one asks',
    async (stage) => {
      const { app } = stage;
      await app.click(tab);
      await app.find(status('running'));
      await opened(app, () => apart(app));
      await app.until(`return document.title.startsWith('make ticks')`);
      await app.lookAt(first);
      await app.click('a[href="/history"]');
      await app.until(`return document.title.startsWith('History')`);
      await stage.screen('close', 'History');
      await app.lookAt(second);
      await app.fewerWindows(2);
      const rows = await stage.rows();
      await stage.reaches(rows.at(-1)[0] + 1);
      await stage.screen('close');
      await app.see('1 job still runs');
      await app.click(button('Keep open'));
      await app.gone('[role="dialog"]');
    },
  ],
  [
    'a notice opens the first window again, at its job',
    async (stage) => {
      const { app, notices } = stage;
      const before = notices.shown.length;
      const back = await stage.lookAway();
      // It has the sidebar if one asks for it.
      await app.press(KEY.control, 'b');
      await app.click(target('fail'));
      const notice = await notices.of('fail', before);
      await back();
      await app.click('a[href="/history"]');
      await app.until(`return document.title.startsWith('History')`);
      const known = await app.windows();
      notices.click(notice);
      first = (await app.moreWindows(known)).find((one) => one !== second);
      await app.lookAt(first);
      await app.see('error: 1 of 3 checks failed', LOG);
      sure(await app.run(SIDEBAR), 'it has no sidebar');
      await app.lookAt(second);
      await stage.screen('close', 'History');
      await app.lookAt(first);
      await app.fewerWindows(2);
      // No job of this place runs on in the next.
      await app.click(tab);
      await app.find(status('running'));
      await stage.cancel();
    },
  ],
];
