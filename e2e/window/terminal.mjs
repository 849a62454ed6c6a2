// Jobs as terminals.
import { KEY, named, status } from './stage.mjs';

const NAME = 'VM Orchestrator';

/** A row of the terminal's screen. */
const screen = (text) =>
  `//*[@data-testid='terminal']//*[contains(@class, 'xterm-rows')]/div[contains(translate(., '\u00a0', ' '), '${text}')]`;

/** How large the terminal says it is, as rows and columns. */
const shownSize = (app) =>
  app.until(
    `const size = document.querySelector('[data-testid="terminal-size"]')?.innerText;
    return size && size.split(' × ').reverse().join(' ')`,
  );

export const terminal = [
  [
    'a shell opens as a terminal, takes keys and is over',
    async (stage) => {
      const { app } = stage;
      await app.click(named('More for vm'));
      await app.click(`//*[@role='menuitem'][contains(., 'Open a shell')]`);
      await app.find('.xterm.focus .xterm-cursor');
      await app.type('echo $((6*7))');
      await stage.picture('terminal');
      await app.type(KEY.enter);
      await app.find(`${screen('42')}[normalize-space() = '42']`);
      await app.type(`echo s''up; sleep 1000${KEY.enter}`);
      // It sleeps: what is interrupted sooner is the line that is being typed.
      await app.find(`${screen('sup')}[normalize-space() = 'sup']`);
      await app.press(KEY.control, 'c');
      await app.type(`echo "back: $?"${KEY.enter}`);
      await app.find(screen('back: 130'));
      await app.type(`exit 0${KEY.enter}`);
      await app.find(status('done'));
    },
  ],
  [
    'a full-screen program opens by itself, takes keys, and is as large as the window',
    async (stage) => {
      const { app } = stage;
      await stage.run('full');
      await app.find('.xterm.focus');
      const before = await shownSize(app);
      await app.find(screen(`size ${before}`));
      await app.type(`ab${KEY.down}`);
      await app.find(screen('keys a b KEY_DOWN'));
      const [width, height] = (await stage.screen('size', NAME)).split(' ').map(Number);
      await stage.screen('resize', NAME, 1000, 640);
      const after = await app.until(
        `const size = document.querySelector('[data-testid="terminal-size"]').innerText.split(' × ').reverse().join(' ');
        return size !== arguments[0] && innerWidth === 1000 && size`,
        before,
      );
      await app.find(screen(`size ${after}`));
      await stage.picture('full-screen');
      await stage.screen('resize', NAME, width, height);
      await app.find(screen(`size ${before}`));
      await app.press(KEY.control, 'c');
      // It ends make too.
      await app.find(status('error'));
    },
  ],
];
