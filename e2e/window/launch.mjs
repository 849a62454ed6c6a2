// The launch form: variables, what is dangerous, and launches by keys alone.
import { KEY, LOG, button, named, same, status, sure, target } from './stage.mjs';

const FORM = '//*[@role="dialog"]';
const LINE = '[data-testid="line"]';

/** Waits until the form says that exactly this runs. */
const line = (app, wanted) =>
  app.until(
    `return document.querySelector('${LINE} code')?.textContent.trim() === arguments[0]`,
    wanted,
  );

export const launch = [
  [
    'what is filled in is shown to the letter, and reaches make',
    async (stage) => {
      const { app } = stage;
      await stage.run('colours');
      await app.run(
        `document.querySelector(arguments[0]).click()`,
        named('Run show with variables…'),
      );
      await app.click(`${FORM}//button[@role='radio'][. = 'dev']`);
      await app.fill('#variable-COUNT', '3');
      await app.fill('#variable-NAME', 'a `b` $c');
      const shown = await app.until(
        `const shown = document.querySelector('${LINE} code')?.textContent;
        return /NAME=/.test(shown) && /COUNT=3/.test(shown) && shown`,
      );
      sure(/^make show ENV=dev COUNT=3 NAME=/.test(shown), `it shows ${shown}`);
      await stage.picture('form');
      await app.press(KEY.control, KEY.enter);
      await app.see('env=dev count=3 name=a `b` $c', LOG);
      await app.find(status('done'));
    },
  ],
  [
    'a dangerous target asks first, with the exact line',
    async (stage) => {
      const { app } = stage;
      await app.click(target('wipe'));
      await app.find('[data-testid="danger"]');
      await line(app, 'make wipe');
      await app.click(button('Run wipe', FORM));
      await app.see('wiped one', LOG);
      await app.find(status('done'));
    },
  ],
  [
    'by keys alone: the palette finds a target, and runs it as last time',
    async (stage) => {
      const { app } = stage;
      const before = await app.run('return location.pathname');
      await stage.palette();
      await app.type('show');
      await app.find(
        `${FORM}//*[@role='option'][@aria-selected='true'][starts-with(normalize-space(), 'show')]`,
      );
      await app.press(KEY.control, KEY.enter);
      await app.until('return location.pathname !== arguments[0]', before);
      await app.see('env=dev count=3 name=a `b` $c', LOG);
      await app.find(status('done'));
      same(
        await app.run(`return document.querySelectorAll('[role="dialog"]').length`),
        0,
        'dialogs are',
      );
    },
  ],
];
