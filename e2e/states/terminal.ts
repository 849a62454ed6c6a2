// A job as a terminal.
import { expect } from '@playwright/test';
import type { Place } from '../states';
import { cancel, commandForm, shell } from './steps';

const COLOURS =
  'for n in 0 1 2 3 4 5 6 7; do printf "\\033[3${n}m colour $n \\033[9${n}m bright\\033[0m\\n"; done';

export const terminal: Place = {
  name: 'terminal',
  which: 'own',
  states: [
    {
      name: 'terminal-running',
      small: true,
      async reach({ app, page }) {
        const form = await commandForm(app, 'exec sh');
        await form.getByRole('switch', { name: 'Terminal' }).click();
        await form.getByRole('button', { name: 'Run on this machine' }).click();
        await expect(app.terminal).toContainText('#');
        await expect(app.keyboard).toBeFocused();
        await page.keyboard.type(`${COLOURS}\n`);
        await expect(app.screen('colour 7').last()).toBeVisible();
      },
    },
    {
      name: 'terminal-over',
      small: true,
      async reach({ app, page }) {
        await page.keyboard.press('Control+d');
        await expect(app.status).toHaveText('Done');
        await expect(page.getByTestId('terminal-state')).toContainText(
          'Ended: this is the last screen',
        );
      },
    },
    {
      name: 'terminal-as-a-log',
      async reach({ app, page }) {
        await page.getByRole('radio', { name: 'Log' }).click();
        await expect(app.line('colour 7').last()).toBeVisible();
      },
    },
    {
      name: 'terminal-wanted',
      small: true,
      async reach({ app, page }) {
        await shell(app, 'echo "top: failed tty get" >&2; exit 1', 'Error');
        await expect(page.getByTestId('wants-terminal')).toBeVisible();
      },
    },
    {
      name: 'terminal-wanted-by-bars',
      async reach({ app, page }) {
        const bars = `for n in 1 2 3 4 5; do printf '\\033[2Aweb %d\\ndb %d\\n' $n $n; done; sleep 60`;
        await shell(app, bars, 'Running');
        await expect(page.getByTestId('wants-terminal')).toBeVisible();
        await expect(
          page.getByRole('button', { name: 'Cancel and run in a terminal' }),
        ).toBeVisible();
      },
      leave: ({ app }) => cancel(app),
    },
  ],
};
