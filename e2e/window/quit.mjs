// The app goes, by its window, by its driver or by a kill: what was there is there again, and jobs outlive it.
import { LOG, button, status, target } from './stage.mjs';

/** Opens the latest job of a target from the history. */
async function replay(stage, name) {
  await stage.app.click('a[href="/history"]');
  await stage.app.click(`//tr[@data-job]//a[normalize-space()='${name}']`);
}

export const quit = [
  [
    'after a restart the job is in the history and replays',
    async (stage) => {
      await stage.run('hello');
      await stage.app.find(status('done'));
      await stage.restart();
      await replay(stage, 'hello');
      await stage.app.see('Hello', LOG);
      await stage.picture('replayed');
    },
  ],
  [
    'closing the window asks about a job that runs: it stays, leaves it running, or cancels it',
    async (stage) => {
      await stage.app.click(target('logs'));
      await stage.app.see('GET /', LOG);
      await stage.screen('close');
      await stage.app.see('1 job still runs');
      await stage.picture('quit');
      await stage.app.click(button('Keep open'));
      await stage.app.find(status('running'));
      for (const [answer, then] of [
        ['Leave it running', 'running'],
        ['Cancel it and close', 'canceled'],
      ]) {
        await stage.screen('close');
        await stage.app.see(answer);
        // The app may be gone before it has answered the click.
        await stage.app.click(button(answer)).catch(() => undefined);
        await stage.restart();
        await replay(stage, 'logs');
        await stage.app.find(status(then));
      }
    },
  ],
  [
    'a job outlives its killed app, and is whole and done after the next start',
    async (stage) => {
      await stage.app.click(target('create'));
      await stage.app.see('copying the image', LOG);
      process.kill(stage.process(), 'SIGKILL');
      await stage.restart();
      await replay(stage, 'create');
      await stage.app.see('is ready', LOG);
      await stage.app.find(status('done'));
    },
  ],
];
