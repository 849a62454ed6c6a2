// Projects from strangers: nothing runs before they are trusted, and whatever they print is text.
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { App, expect, test } from './app';
import { BIN, Home, Server } from './serve';

const MAKEFILE = String.raw`
$(shell touch ran-at-once)

html: ## <img src=x onerror="window.hacked = 1"> {@html}
	@printf '%s\n' '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 1">'
	@printf '\033]0;a title\007\033]52;c;ZXZpbA==\007after the escapes\n'
	@printf '\033[38;5;1mred \033[0m&lt;not markup&gt; {@html x} ${'$$'}{x}\n'
	@printf 'nul \000 and bad \377 bytes'
`;

test('a stranger is read, trusted by hand, and its output stays text', async ({
  app,
  page,
  home,
}) => {
  const folder = join(home.root, 'stranger');
  await mkdir(folder);
  await writeFile(join(folder, 'Makefile'), MAKEFILE);
  await page.getByRole('button', { name: 'Add a folder with a Makefile' }).click();
  await page.getByRole('dialog').getByRole('textbox').fill(folder);
  await page.getByRole('button', { name: 'Add this folder' }).click();
  await expect(app.target('html')).toBeVisible();
  await app.target('html').click();
  const question = page.getByRole('dialog', { name: 'Trust stranger?' });
  await expect(question).toBeVisible();
  expect(existsSync(join(folder, 'ran-at-once'))).toBe(false);
  await question.getByRole('button', { name: 'Trust stranger and continue' }).click();
  await expect(app.line('<script>window.hacked = 1</script><img src=x')).toBeVisible();
  await expect(app.line('after the escapes')).toHaveText(/after the escapes$/);
  await expect(app.line('&lt;not markup&gt; {@html x} ${x}')).toBeVisible();
  await expect(app.line('nul')).toBeVisible();
  await expect(app.status).toHaveText('Done');
  expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
  expect(await app.log.locator('img, script').count()).toBe(0);
});

test('a folder that is not there is refused where it was typed', async ({ page, app }) => {
  await expect(app.page.getByRole('heading', { name: 'Projects' })).toBeVisible();
  await page.getByRole('button', { name: 'Add a folder with a Makefile' }).click();
  await page.getByRole('dialog').getByRole('textbox').fill('/nowhere/at/all');
  await page.getByRole('button', { name: 'Add this folder' }).click();
  await expect(page.getByRole('alert').filter({ hasText: '/nowhere/at/all' })).toBeVisible();
});

/** An override of direction, a name with nothing in it, tags, the clipboard, a page of blanks. */
const BIDI = 'echo safe # \u202e;rm -rf / ohce\u202c';

/** Every text and name in the page that could be read as something else; what a job wrote is not among them. */
function deceptions(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const wrong = /[\p{Cc}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]/u;
    const found: string[] = [];
    const note = (what: string, text: string | null) => {
      if (text !== null && text.trim() !== '' && wrong.test(text.replaceAll('\n', '')))
        found.push(`${what}: ${text}`);
    };
    note('title', document.title);
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const parent = walker.currentNode.parentElement!;
      if (parent.closest('script, style, .unseen')) continue;
      note(parent.tagName, walker.currentNode.textContent);
    }
    for (const element of document.body.querySelectorAll('*')) {
      for (const name of ['title', 'aria-label', 'placeholder', 'alt', 'aria-description']) {
        note(`${element.tagName} ${name}`, element.getAttribute(name));
      }
    }
    return found;
  });
}

/** A window of a person whose projects, hosts and jobs a stranger named. */
async function amongStrangers(page: Page, scenario: (app: App, home: Home) => Promise<void>) {
  const home = await Home.make();
  const folder = join(home.root, 'pr\u200boj\u202e');
  await mkdir(folder);
  await writeFile(
    join(folder, 'Makefile'),
    [
      '## \u202eup\u001b]52;c;x\u0007 docs # evil',
      'NAME\u200b ?= a\u202eb # \u2066which',
      'VM ?= web # \u202ewhich\u200b one',
      '',
      `up: ## \u202etxet\u2066 \u200bstarts`,
      '\t@echo up $(VM) \u202e',
      'de\u200bploy: ## ship\u{e0061} it',
      '\t@exit 3',
      '',
    ].join('\n'),
  );
  await writeFile(
    join(home.root, 'ssh_config'),
    'Host prod\n HostName 127.0.0.1\nHost pr\u200bod\n HostName \u202e1.0.0.721\n ProxyCommand \u202enc\n',
  );
  const run = (...args: string[]) => execFileSync(BIN, args, { env: home.env, stdio: 'pipe' });
  run('projects', 'add', folder);
  run('run', '--', BIDI);
  run('run', '--', `echo one\n${'\n'.repeat(60)}echo two${' '.repeat(3000)}\u200b`);
  run('hosts', 'production', 'pr\u200bod', 'on');
  const server = await Server.start(home);
  try {
    await page.goto(server.served.url);
    await expect(page.getByTestId('store-state')).toHaveText('Logs kept in Postgres', {
      timeout: 60_000,
    });
    await scenario(new App(page), home);
  } finally {
    await server.stop();
    await home.remove();
  }
}

test('what strangers call things is shown with marks, wherever it is shown', async ({ page }) => {
  await amongStrangers(page, async (app) => {
    const clean = async (where: string) => expect(await deceptions(page), where).toEqual([]);
    const project = page.locator('[data-project^="pr"]');
    await expect(project).toContainText('pr⟨U+200B⟩oj⟨U+202E⟩');
    if ((await project.getAttribute('aria-expanded')) === 'false') await project.click();
    const target = page.locator('[data-target^="de"]');
    await expect(target).toContainText('de⟨U+200B⟩ploy');
    await expect(page.getByText('The name contains invisible characters').first()).toBeVisible();
    await page.getByRole('button', { name: 'pr⟨U+200B⟩od', exact: false }).first().click();
    await clean('sidebar');

    await target.click();
    const trust = page.getByRole('dialog', { name: /^Trust pr⟨U\+200B⟩oj/ });
    await expect(trust).toBeVisible();
    await clean('trust');
    await trust.getByRole('button', { name: /^Trust .* and continue$/ }).click();
    await expect(app.status).toHaveText('Error');
    await clean('job');
    await page.getByRole('button', { name: 'Run again with changes' }).click();
    await expect(page.getByRole('dialog').getByTestId('line')).toContainText('de⟨U+200B⟩ploy');
    await clean('form of a target');
    await page.keyboard.press('Escape');

    await app.history();
    const row = page.locator('tr[data-job]').filter({ hasText: 'echo safe' });
    await expect(row).toContainText('echo safe # ⟨U+202E⟩;rm -rf / ohce⟨U+202C⟩');
    await clean('history');
    await row.getByRole('link').click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(
      'echo safe # ⟨U+202E⟩;rm -rf / ohce⟨U+202C⟩',
    );
    await expect(page.getByRole('main').getByTestId('deceptive')).toContainText(
      '⟨U+202E⟩, ⟨U+202C⟩',
    );
    await page.getByRole('button', { name: 'Details' }).click();
    await clean('details');
    await page.getByRole('button', { name: 'Run again with changes' }).click();
    const form = page.getByRole('dialog', { name: 'Run a command' });
    await expect(form.getByTestId('line')).toContainText(
      'echo safe # ⟨U+202E⟩;rm -rf / ohce⟨U+202C⟩',
    );
    await expect(form.getByTestId('deceptive')).toBeVisible();
    await form.getByRole('combobox', { name: 'Where' }).click();
    await clean('form');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');

    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Go to or run' }).fill('o');
    await expect(page.getByRole('option').first()).toBeVisible();
    await clean('palette');
    await page.getByRole('combobox', { name: 'Go to or run' }).fill('safe');
    await clean('palette, a job');
  });
});

test('blanks and newlines hide nothing: what is below is counted and shown on demand', async ({
  page,
}) => {
  await amongStrangers(page, async (app) => {
    await app.history();
    await page.locator('tr[data-job]').filter({ hasText: 'echo one' }).getByRole('link').click();
    await expect(page.getByRole('heading', { level: 1 })).toContainText('echo one\\n\\n\\n');
    await page.getByRole('button', { name: 'Run again with changes' }).click();
    const form = page.getByRole('dialog', { name: 'Run a command' });
    const line = form.getByTestId('line');
    await expect(line).toContainText('echo two⟨3000 blanks⟩⟨U+200B⟩');
    const more = line.getByRole('button', { name: /^… \d+ more lines$/ });
    await expect(more).toBeVisible();
    await more.click();
    await expect(more).toBeHidden();
    await line.getByText('echo two').scrollIntoViewIfNeeded();
    await expect(line.getByText('echo two')).toBeInViewport();
  });
});

test('two hundred lines of piled accents are drawn at once', async ({ app, page }) => {
  await page.getByRole('button', { name: 'Run a command…' }).first().click();
  const script = `s=e; i=0; while [ $i -lt 2000 ]; do s="$s\u0301\u0302"; i=$((i+1)); done; n=0; while [ $n -lt 200 ]; do echo "$s end"; n=$((n+1)); done`;
  await page.getByRole('textbox', { name: 'Command' }).fill(script);
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Run on / })
    .click();
  await expect(app.status).toHaveText('Done');
  // After a reload all is asked for; an answer holds 64 lines of 8 KB, and none of either end may be left out.
  await page.reload();
  await expect(app.status).toHaveText('Done');
  for (const [key, number] of [
    ['g', 1],
    ['G', 200],
  ] as const) {
    await page.keyboard.press(key);
    await expect(app.log.locator(`[data-line="${number}"]`)).toHaveText(/ end$/);
    await expect(app.log.locator('.text:empty')).toHaveCount(0);
  }
  // The usual one of some frames in which the rows are drawn again: the longest is as long as another program wants.
  const frames = await page.evaluate(async () => {
    const log = document.querySelector('[role="log"]')!;
    let last = performance.now();
    const frames: number[] = [];
    for (let i = 0; i < 20; i++) {
      log.scrollTop = i % 2 === 0 ? 0 : 2000;
      await new Promise((done) => requestAnimationFrame(done));
      frames.push(performance.now() - last);
      last = performance.now();
    }
    return frames.sort((a, b) => a - b);
  });
  console.log(`a frame: ${Math.round(frames[10]!)} ms, at most ${Math.round(frames[19]!)} ms`);
  expect(frames[10]).toBeLessThan(500);
});
