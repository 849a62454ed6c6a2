// A log: how it is read, marked and saved; and how things are found in it.
import { expect, type Locator } from '@playwright/test';
import type { App } from '../app';
import type { Place } from '../states';
import { cancel, demo, escape, over, shell, targetForm, unfold } from './steps';

const TIMES = ['Since start', 'Since last line', 'Clock', 'No timestamps'] as const;

export const reading: Place = {
  name: 'log',
  which: 'own',
  states: [
    {
      name: 'log-in-colours',
      async reach({ app }) {
        await demo(app, 'colors', 'Done');
        await expect(app.line('inverse')).toBeVisible();
      },
    },
    {
      name: 'log-colours-as-text',
      async reach({ app }) {
        await shell(app, COLOURS, 'Done');
        await expect(app.line('true colour').first()).toBeVisible();
      },
    },
    {
      name: 'log-links',
      async reach({ app, page }) {
        const lines = 'see https://example.org/docs?a=1 for more\\nmain.tf:4:12: Warning\\nplain';
        await shell(app, `printf '${lines}\\n'`, 'Done');
        await app.log.getByRole('link', { name: 'https://example.org' }).hover();
        await expect(app.log.getByRole('button', { name: 'main.tf:4:12' })).toBeVisible();
        await expect(page.getByTestId('extent')).toContainText('3 lines');
      },
    },
    {
      name: 'log-opening-an-address',
      small: true,
      async reach({ app, page }) {
        await app.log.getByRole('link', { name: 'https://example.org' }).click();
        await expect(page.getByRole('dialog', { name: 'Open example.org?' })).toBeVisible();
        await expect(page.getByTestId('address')).toHaveText('https://example.org/docs?a=1');
      },
      leave: escape,
    },
    {
      name: 'log-line-menu',
      small: true,
      async reach({ app, page }) {
        await app.log.locator('[data-line="1"] .text').click({ button: 'right' });
        await expect(page.getByRole('menuitem', { name: 'Copy the address' })).toBeVisible();
      },
      leave: escape,
    },
    {
      name: 'log-very-long-line',
      small: true,
      async reach({ app, page }) {
        await shell(
          app,
          `echo before; head -c 300000 /dev/zero | tr '\\0' x; echo; seq -s ' ' 2000; echo after`,
          'Done',
        );
        await page.keyboard.press('g');
        await expect(app.line('before')).toBeVisible();
      },
    },
    {
      name: 'log-wrapped',
      small: true,
      async reach({ app, page }) {
        await page.keyboard.press('w');
        await expect(app.button('Wrap')).toHaveAttribute('aria-pressed', 'true');
        await page.keyboard.press('Shift+G');
        await expect(app.line('after')).toBeVisible();
      },
      leave: ({ page }) => page.keyboard.press('w'),
    },
    {
      name: 'log-recipes-failed',
      small: true,
      async reach({ app, page }) {
        await unfold(page, 'shop');
        const form = await targetForm(app, 'release');
        await form.getByRole('button', { name: 'Run release' }).click();
        await expect(app.status).toHaveText('Error');
        // What went well is folded in a log that is opened once it is over.
        await page.reload();
        await expect(app.log.getByRole('button', { name: 'Unfold' })).toHaveCount(2);
        await expect(app.line('POST /cart')).toHaveCount(2);
        const head = app.log.locator('.head').filter({ hasText: 'printf' });
        await expect(head.getByText('Error')).toBeVisible();
      },
    },
    {
      name: 'log-recipe-unfolded',
      async reach({ app }) {
        await app.log.getByRole('button', { name: 'Unfold' }).last().click();
        await expect(app.line('pushed layer 1 of 12')).toBeVisible();
      },
    },
    {
      name: 'log-recipes-running',
      small: true,
      async reach({ app }) {
        await app.target('roll').click();
        await expect(app.status).toHaveText('Running');
        await expect(app.log.locator('.head')).toHaveCount(2);
        await expect(app.log.locator('.head').last()).toContainText(/0:\d\d/);
      },
      leave: ({ app }) => cancel(app),
    },
    {
      name: 'log-words-as-links',
      async reach({ app, page }) {
        const link = (url: string, words: string) =>
          `\\033]8;;${url}\\033\\\\${words}\\033]8;;\\033\\\\`;
        const lines = [
          `read ${link('https://example.org/really?a=1', 'https://bank.example')} first`,
          `never ${link('javascript:alert(1)', 'this one')}`,
        ];
        await shell(app, `printf '${lines.join('\\n')}\\n'`, 'Done');
        await expect(app.log.getByRole('link')).toHaveCount(1);
        await app.log.getByRole('link', { name: 'https://bank.example' }).click();
        // Where it leads counts, and not what it is called.
        await expect(page.getByRole('dialog', { name: 'Open example.org?' })).toBeVisible();
        await expect(page.getByTestId('address')).toHaveText('https://example.org/really?a=1');
      },
      leave: escape,
    },
    {
      name: 'log-file-behind-words',
      async reach({ app }) {
        await shell(
          app,
          `printf 'wrote \\033]8;;file:///etc/hosts#1\\033\\\\the report\\033]8;;\\033\\\\ again\\n'`,
          'Done',
        );
        await app.log.getByRole('button', { name: 'the report' }).hover();
      },
    },
    {
      name: 'log-with-folds',
      async reach({ app, page }) {
        await shell(app, 'LC_ALL=C make -C ~/shop build', 'Error');
        await expect(page.getByTestId('errors')).toBeVisible();
        await page.keyboard.press('g');
        await expect(app.log.locator('[data-line="1"]')).toBeVisible();
        await expect(app.log.getByRole('button', { name: 'Fold' }).first()).toBeVisible();
      },
    },
    {
      name: 'log-folds-shut',
      small: true,
      async reach({ app }) {
        await app.log.getByRole('button', { name: 'Fold', exact: true }).first().click();
        await expect(app.log.getByRole('button', { name: 'Unfold' }).first()).toBeVisible();
      },
    },
    {
      name: 'log-inside-a-section',
      async reach({ app, page }) {
        await shell(app, 'LC_ALL=C make -C ~/shop build; seq 400', 'Done');
        await page.keyboard.press('g');
        await app.log.hover();
        await page.mouse.wheel(0, 300);
        await expect(page.getByTestId('section-head')).toBeVisible();
      },
    },
    {
      name: 'log-go-to-line',
      async reach({ page }) {
        await page.keyboard.press('Control+l');
        await page.getByLabel('Go to line').fill('250');
      },
    },
    {
      name: 'log-lines-picked',
      small: true,
      async reach({ app, page }) {
        await page.keyboard.press('Enter');
        await expect(app.log.locator('[data-line="250"]')).toHaveClass(/selected/);
        await app.log.locator('[data-line="254"]').click({ modifiers: ['Shift'] });
        await expect(page.getByText('Lines 250 to 254 selected')).toBeVisible();
      },
    },
    {
      name: 'log-letters-marked',
      async reach({ app, page }) {
        const from = (await app.log.locator('[data-line="252"] .text').boundingBox())!;
        await page.mouse.move(from.x + 8, from.y + 10);
        await page.mouse.down();
        await page.mouse.move(from.x + 15, from.y + 70, { steps: 4 });
        await page.mouse.up();
        await expect(app.log.locator('.marked').first()).toBeVisible();
      },
    },
    ...TIMES.map((words, at) => ({
      name: `log-times-${words.toLowerCase().replaceAll(' ', '-')}`,
      async reach({ app, page }: { app: App; page: App['page'] }) {
        if (at > 0) await page.keyboard.press('t');
        await expect(app.button(words)).toBeVisible();
      },
      // The next one is the first again.
      ...(at === 3 && { leave: ({ page }: { page: App['page'] }) => page.keyboard.press('t') }),
    })),
    over('log-text-menu', async ({ app, page }) => {
      await app.button(/^Text size and encoding/).click();
      await expect(page.getByRole('menuitemcheckbox', { name: 'Shift-JIS' })).toBeVisible();
    }),
    {
      name: 'log-text-large-in-gbk',
      small: true,
      async reach({ app, page }) {
        await app.button(/^Text size and encoding/).click();
        for (let size = 0; size < 5; size++)
          await page.getByRole('menuitem', { name: 'Larger text' }).click();
        await page.getByRole('menuitemcheckbox', { name: 'GBK' }).click();
        await expect(app.button('Text size and encoding: 20 px, GBK')).toBeVisible();
      },
      async leave({ app, page }) {
        await app.button(/^Text size and encoding/).click();
        await page.getByRole('menuitem', { name: 'Usual size, 12 px' }).click();
      },
    },
    over('log-download-menu', async ({ app, page }) => {
      await app.button('Download').click();
      await expect(page.getByRole('menuitem', { name: 'Text', exact: true })).toBeVisible();
    }),
    {
      name: 'log-saved',
      async reach({ app, page }) {
        await app.button('Download').click();
        await page.getByRole('menuitem', { name: 'Text', exact: true }).click();
        await expect(page.getByRole('status').filter({ hasText: /^Saved as/ })).toBeVisible();
      },
    },
  ],
};

/** The three kinds of colours as text, as programs use them; and what is set on a colour. */
const COLOURS = [
  `for n in 0 1 2 3 4 5 6 7; do printf "\\033[3\${n}mcolour $n \\033[9\${n}mbright \\033[0m\\033[2;3\${n}mdim\\033[0m \\033[30;4\${n}m black on \\033[97m white on \\033[0m\\n"; done`,
  `for n in 16 52 88 94 22 28 18 54 90 130 166 202 226 231 235 244 252; do printf "\\033[38;5;\${n}m256 colours: $n\\033[0m  \\033[48;5;\${n}m on it \\033[0m\\n"; done`,
  `for c in '10;10;40' '90;20;20' '20;80;30' '255;255;0' '250;250;250' '128;128;128'; do printf "\\033[38;2;\${c}mtrue colour $c\\033[0m  \\033[48;2;\${c}m on it \\033[0m\\n"; done`,
  `printf '\\033[1mbold\\033[0m \\033[2mdim\\033[0m \\033[3mitalic\\033[0m \\033[4munderline\\033[0m \\033[7minverse\\033[0m \\033[9mstrike\\033[0m\\n'`,
].join('; ');

function bar(app: App): { bar: Locator; field: Locator; hits: Locator } {
  const bar = app.page.getByRole('search', { name: 'Find in the log' });
  return { bar, field: bar.getByRole('textbox'), hits: bar.getByTestId('hits') };
}

export const find: Place = {
  name: 'finding in a log',
  which: 'own',
  states: [
    {
      name: 'find-with-hits',
      small: true,
      async reach({ app, page }) {
        await shell(app, 'seq -f "row %.0f" 3000', 'Done');
        await page.keyboard.press('Control+f');
        await bar(app).field.fill('row 20');
        await expect(bar(app).hits).toHaveText('1 / 111');
      },
    },
    {
      name: 'find-only-hits',
      small: true,
      async reach({ app }) {
        await bar(app)
          .bar.getByRole('button', { name: /^Only matches/ })
          .click();
        await expect(app.log.locator('[data-line="202"]')).toBeVisible();
      },
      async leave({ app }) {
        await bar(app)
          .bar.getByRole('button', { name: /^Only matches/ })
          .click();
      },
    },
    {
      name: 'find-without-hits',
      async reach({ app }) {
        await bar(app).field.fill('no such row');
        await expect(bar(app).hits).toHaveText('No matches');
      },
    },
    {
      name: 'find-bad-expression',
      small: true,
      async reach({ app }) {
        await bar(app).bar.getByRole('button', { name: 'Regular expression' }).click();
        await bar(app).field.fill('row (20');
        await expect(bar(app).bar.getByText(/unclosed group/)).toBeVisible();
      },
      async leave({ app }) {
        await bar(app).bar.getByRole('button', { name: 'Regular expression' }).click();
        await bar(app).field.press('Escape');
      },
    },
  ],
};
