// The launch form: what is filled in reaches make as it was typed, is there again the next time, and what is dangerous
// asks first. And how projects come and go.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { type App, expect, test as base } from './app';
import { AXE, violations } from './axe';

const SHOP = `
## which environment @choice dev|staging|production
ENV ?= staging
## how many at once
COUNT ?= 10
## keep the disks @bool
KEEP ?= no
## opens the door @secret
KEY ?=
NOTE ?=
export NOTE

override LEVEL = low

.PHONY: show other plain wipe
show: ## Show what it was given
	$(if $(NAME),,$(error NAME is needed))
	@echo 'env=$(ENV) count=$(COUNT) keep=$(KEEP) name=$(NAME) level=$(LEVEL)'
	@printf 'note=%s\\n' "$$NOTE"
	@test '$(KEY)' != hunter2 || echo 'the key is right'

## what to wipe @host
HOST ?=
wipe: ## Wipe a host @danger
	@echo 'wiped $(HOST)'

plain: ## Use what nothing sets
	@echo 'region=$(REGION)'

other: ## Another one
	@echo 'other ran with $(MAKEFLAGS)'
`;

/** A makefile whose target takes the words behind it, in make's usual idiom. */
const WORDS = `
.PHONY: ship
ship: ## Ship what is named
	@echo 'shipped: $(filter-out $@,$(MAKECMDGOALS))'
%:
	@:
`;

/** What makefiles have beside plain targets and variables. */
const SHAPES = `
TO ?= here
ifeq ($(TO),prod)
REPLICAS = 3
else ifeq ($(TO),staging)
REPLICAS = 2
endif

all: lint build ## Make all of it
lint: ; @echo linted
build: deps ; @echo built
deps: ; @echo fetched
test-%: ## Test one of them
	@echo 'tested $*'
place: ## Place it
	@echo 'placed $(TO) $(REPLICAS)'
greet: ## Say hello
	@read -p 'Your name: ' name; echo "hello $$name"
drop: ## Removes all disks @confirm "Removes all disks"
	@echo 'dropped'
`;

const BROKEN = `
.PHONY: fine
fine: ## Works all the same
	@echo fine
wrong:
    @echo these are blanks
`;

/** The person's mkcli registry names these projects, one of them gone. */
const test = base.extend<{ shop: Locator }>({
  shop: [
    async ({ app, home, page }, use) => {
      const folders = { shop: SHOP, words: WORDS, shapes: SHAPES, broken: BROKEN };
      for (const [name, makefile] of Object.entries(folders)) {
        await mkdir(join(home.root, name), { recursive: true });
        await writeFile(join(home.root, name, 'Makefile'), makefile);
      }
      const config = ['web-01', 'web-02'].map((host) => `Host ${host}\n  HostName 192.0.2.1\n`);
      await writeFile(join(home.root, 'ssh_config'), config.join(''));
      const lines = [...Object.keys(folders), 'gone'].map((n) => `${n} ${join(home.root, n)} 1\n`);
      await writeFile(join(home.root, 'registry'), lines.join(''));
      await unfold(page, 'shop');
      await expect(app.target('show')).toBeVisible();
      await use(page.getByRole('dialog', { name: 'Run show' }));
    },
    { auto: true },
  ],
});

async function unfold(page: Page, project: string): Promise<void> {
  const row = page.getByRole('navigation').getByRole('button', {
    name: new RegExp(`^${project}\\b`),
  });
  if ((await row.getAttribute('aria-expanded')) === 'false') await row.click();
}

/** Opens the form of a target, and trusts its project if that is asked. */
async function open(page: Page, app: App, target: string): Promise<void> {
  await app.target(target).hover();
  await page.getByRole('button', { name: `Run ${target} with variables…` }).click();
  const form = page.getByRole('dialog', { name: `Run ${target}` });
  const trust = page.getByRole('button', { name: /^Trust .* and continue$/ });
  await expect(form.or(trust)).toBeVisible();
  if (await trust.isVisible()) await trust.click();
  await expect(form).toBeVisible();
}

const line = (form: Locator) => form.getByTestId('line');

test('a variable that nothing sets is offered, and the target runs without it', async ({
  app,
  page,
}) => {
  await open(page, app, 'plain');
  const form = page.getByRole('dialog', { name: 'Run plain' });
  const region = form.getByRole('textbox', { name: 'REGION' });
  await expect(region).toHaveAttribute('placeholder', 'not set anywhere');
  const run = form.getByRole('button', { name: 'Run plain' });
  await expect(run).toBeEnabled();
  await region.fill('eu');
  await expect(line(form)).toContainText('REGION=eu');
  await region.fill('');
  await form.getByRole('button', { name: 'Set to an empty value' }).click();
  await expect(line(form)).toContainText('REGION=');
  await run.click();
  await expect(app.line('region=')).toBeVisible();
});

test('a missing .env is copied from its sample, and its values are shown nowhere', async ({
  app,
  home,
  page,
}) => {
  const folder = join(home.root, 'shop');
  await writeFile(join(folder, '.env.sample'), 'PLACE=eu-hidden\n');
  await writeFile(join(folder, 'Makefile'), `-include .env\n${SHOP}\nplaced: ; @echo '$(PLACE)'\n`);
  await expect(page.getByText('.env is missing; .env.sample is here.')).toBeVisible();
  await page.getByRole('button', { name: 'Copy .env.sample to .env' }).click();
  await expect(page.getByText('.env is missing')).toBeHidden();
  expect(await readFile(join(folder, '.env'), 'utf8')).toBe('PLACE=eu-hidden\n');
  await open(page, app, 'placed');
  const form = page.getByRole('dialog', { name: 'Run placed' });
  const more = form.getByRole('button', { name: /more variable/ });
  const place = form.getByRole('textbox', { name: 'PLACE' });
  await expect(more.or(place).first()).toBeVisible();
  if (await more.isVisible()) await more.click();
  await expect(place).toHaveAttribute('placeholder', 'set in .env');
  await expect(page.getByText('eu-hidden')).toHaveCount(0);
});

test('what is filled in reaches make as it was typed, and is there the next time', async ({
  app,
  page,
  shop,
}) => {
  await open(page, app, 'show');
  await expect(shop.getByText('Required: NAME')).toBeVisible();
  const run = shop.getByRole('button', { name: 'Run show' });
  await expect(run).toBeDisabled();
  await expect(line(shop)).toHaveText('this machine $ make show');
  await shop.getByRole('radio', { name: 'dev' }).click();
  await shop.getByRole('textbox', { name: 'COUNT' }).fill('3');
  await shop.getByRole('switch', { name: 'KEEP' }).click();
  await shop.getByLabel('KEY', { exact: true }).fill('hunter2');
  await shop.getByRole('textbox', { name: 'NOTE' }).fill('$HOME `id` "q"');
  await shop.getByRole('textbox', { name: 'NAME' }).fill('web-1');
  await expect(line(shop)).toContainText('ENV=dev COUNT=3 KEEP=yes');
  await expect(line(shop)).not.toContainText('hunter2');
  await run.click();
  await expect(app.line('env=dev count=3 keep=yes name=web-1 level=low')).toBeVisible();
  await expect(app.line('note=$HOME `id` "q"')).toBeVisible();
  await expect(app.line('the key is right')).toBeVisible();
  await expect(app.status).toHaveText('Done');

  await open(page, app, 'show');
  await expect(shop.getByRole('combobox', { name: 'Values: As last time' })).toBeVisible();
  await expect(shop.getByRole('textbox', { name: 'NAME' })).toHaveValue('web-1');
  await expect(shop.getByRole('switch', { name: 'KEEP' })).toBeChecked();
  await expect(shop.getByLabel('KEY', { exact: true })).toHaveValue('');
  await shop.getByRole('combobox', { name: /^Values/ }).click();
  await page.getByRole('option', { name: 'The makefile’s defaults' }).click();
  await expect(line(shop)).toHaveText('this machine $ make show');
});

test('a $ is make’s own only if a person says so', async ({ app, page, shop }) => {
  await open(page, app, 'show');
  await shop.getByRole('textbox', { name: 'NAME' }).fill('$(ENV)-1');
  await shop.getByRole('checkbox', { name: 'Raw make text for NAME' }).click();
  await expect(line(shop)).toContainText(`NAME='$(ENV)-1'`);
  await shop.getByRole('button', { name: 'Run show' }).click();
  await expect(app.line(/name=\w+-1 /)).toBeVisible();
});

test('presets are kept, changed and dropped', async ({ app, page, shop }) => {
  await open(page, app, 'show');
  const name = shop.getByRole('textbox', { name: 'NAME' });
  await name.fill('eu-1');
  await shop.getByRole('button', { name: 'Presets' }).click();
  await page.getByRole('menuitem', { name: 'Save as a preset…' }).click();
  await page.keyboard.type('prod eu');
  await page.keyboard.press('Enter');
  const values = (words: string) => shop.getByRole('combobox', { name: `Values: ${words}` });
  await expect(values('prod eu')).toBeFocused();
  await name.fill('eu-2');
  await shop.getByRole('button', { name: 'Update' }).click();
  await expect(shop.getByRole('button', { name: 'Update' })).toHaveCount(0);

  await page.reload();
  await open(page, app, 'show');
  await shop.getByRole('combobox', { name: /^Values/ }).click();
  await page.getByRole('option', { name: 'prod eu' }).click();
  await expect(name).toHaveValue('eu-2');
  await shop.getByRole('button', { name: 'Presets' }).click();
  await page.getByRole('menuitem', { name: 'Delete “prod eu”' }).click();
  await expect(values('The makefile’s defaults')).toBeVisible();
});

test('options, more targets and other variables; what make cannot take is refused', async ({
  app,
  page,
}) => {
  await open(page, app, 'other');
  const form = page.getByRole('dialog', { name: 'Run other' });
  await form.getByRole('button', { name: 'Options' }).click();
  await form.getByRole('textbox', { name: 'Parallel jobs' }).fill('4');
  await form.getByRole('checkbox', { name: 'Keep going' }).click();
  await form.getByRole('textbox', { name: 'More targets' }).fill('show A=b');
  await expect(form.getByText(/a name with '=' would set a variable/)).toBeVisible();
  await expect(form.getByRole('button', { name: 'Run other' })).toBeDisabled();
  await form.getByRole('textbox', { name: 'More targets' }).fill('plain');
  await form.getByRole('button', { name: 'Add a variable' }).click();
  const other = form.getByLabel('Name of the added variable');
  await other.fill('1st');
  await expect(form.getByText('A name is letters, digits and _')).toBeVisible();
  await other.fill('SHELL');
  await form.getByRole('textbox', { name: 'Value of SHELL' }).fill('/bin/sh');
  await expect(form.getByText('SHELL must be confirmed.')).toBeVisible();
  await form.getByRole('checkbox', { name: /^Set SHELL anyway/ }).click();
  await form.getByRole('button', { name: 'Run other' }).click();
  await expect(app.line(/other ran with .*k.*j4/)).toBeVisible();
  await expect(app.line('region=')).toBeVisible();

  await app.button('Run again with changes').click();
  await expect(form.getByRole('combobox', { name: 'Values: As in that job' })).toBeVisible();
  await expect(form.getByRole('button', { name: 'Options -j4 -k plain' })).toBeVisible();
  await expect(form.getByRole('textbox', { name: 'Value of SHELL' })).toHaveValue('/bin/sh');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Details' }).click();
  await expect(
    page.getByText('4 parallel jobs (-j4), keep going after a failure (-k)'),
  ).toBeVisible();
});

test('a target that takes words has a field for them', async ({ app, page }) => {
  await unfold(page, 'words');
  await open(page, app, 'ship');
  const form = page.getByRole('dialog', { name: 'Run ship' });
  await form.getByRole('textbox', { name: 'Words' }).fill('./app  web-1');
  await expect(line(form)).toContainText('make ship ./app web-1');
  await form.getByRole('button', { name: 'Run ship' }).click();
  // make itself takes the ./ off.
  await expect(app.line('shipped: app web-1')).toBeVisible();
});

test('what a target leads to is a small tree', async ({ app, page }) => {
  await unfold(page, 'shapes');
  await open(page, app, 'all');
  const form = page.getByRole('dialog', { name: 'Run all' });
  await form.getByRole('button', { name: /^Also runs/ }).click();
  const first = form.getByRole('listitem').filter({ hasText: /^build/ });
  await expect(first.getByRole('listitem')).toHaveText('deps');
  await expect(form.getByRole('listitem').filter({ hasText: 'lint' })).toHaveCount(1);
});

test('a pattern has a field for its %, and is run as what that makes of it', async ({
  app,
  page,
}) => {
  await unfold(page, 'shapes');
  await app.target('test-%').click();
  const trust = page.getByRole('button', { name: /^Trust .* and continue$/ });
  const stem = page.getByRole('textbox', { name: 'Value of %' });
  await expect(stem.or(trust)).toBeVisible();
  if (await trust.isVisible()) await trust.click();
  const run = page.getByRole('dialog').getByRole('button', { name: /^Run test-/ });
  await expect(run).toBeDisabled();
  await stem.fill('api');
  await expect(page.getByText('Runs test-api.')).toBeVisible();
  await run.click();
  await expect(app.line('tested api')).toBeVisible();
});

test('what the makefile compares a variable with can be picked', async ({ app, page }) => {
  await unfold(page, 'shapes');
  await open(page, app, 'place');
  const form = page.getByRole('dialog', { name: 'Run place' });
  await form.getByRole('button', { name: 'Set TO to prod' }).click();
  await expect(form.getByRole('textbox', { name: 'TO' })).toHaveValue('prod');
  await form.getByRole('button', { name: 'Run place' }).click();
  await expect(app.line('placed prod 3')).toBeVisible();
});

test('a form says why its target has a terminal; what asks is said once', async ({ app, page }) => {
  await unfold(page, 'shapes');
  await open(page, app, 'greet');
  const form = page.getByRole('dialog', { name: 'Run greet' });
  await expect(form.getByRole('switch', { name: 'Terminal' })).toBeChecked();
  await expect(form.getByText('read asks for a line.')).toBeVisible();
  await page.keyboard.press('Escape');

  await app.target('drop').click();
  const asking = page.getByRole('dialog', { name: 'Run drop' });
  await expect(asking.getByTestId('danger')).toContainText('Removes all disks');
  await expect(asking.getByText('Removes all disks')).toHaveCount(1);
});

test('the palette opens the form, or runs as last time', async ({ app, page, shop }) => {
  await open(page, app, 'show');
  await shop.getByRole('textbox', { name: 'NAME' }).fill('again');
  await shop.getByRole('button', { name: 'Run show' }).click();
  await expect(app.line('name=again')).toBeVisible();
  const first = page.url();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('show');
  await page.keyboard.press('Enter');
  await expect(shop.getByRole('textbox', { name: 'NAME' })).toHaveValue('again');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('show');
  await page.keyboard.press('Control+Enter');
  await expect(page).not.toHaveURL(first);
  await expect(app.line('name=again')).toBeVisible();
});

test('on a host in production, what is dangerous asks for its name', async ({ app, page }) => {
  const hosts = page.getByRole('region', { name: 'Hosts' });
  await hosts.getByRole('button', { name: /^web-01/ }).click({ button: 'right' });
  await page.getByRole('menuitemcheckbox', { name: 'In production' }).click();
  await expect(hosts.getByRole('button', { name: /^web-01 production/ })).toBeVisible();
  await hosts.getByRole('button', { name: 'Run a command…' }).first().click();
  const form = page.getByRole('dialog', { name: 'Run a command' });
  await form.getByRole('textbox', { name: 'Command' }).fill('uptime');
  await form.getByRole('combobox', { name: 'Where' }).click();
  await page.getByRole('option', { name: 'web-01 production' }).click();
  await page.keyboard.press('Escape');
  const run = form.getByRole('button', { name: 'Run on web-01' });
  await expect(run).toBeEnabled();
  await expect(form.getByTestId('asking')).toContainText('web-01 always asks');
  await form.getByRole('textbox', { name: 'Command' }).fill('rm -rf /srv/old');
  const band = form.getByTestId('danger');
  await expect(band).toContainText('rm -rf /srv/old');
  await expect(run).toBeDisabled();
  await band.getByRole('textbox').fill('web-02');
  await expect(run).toBeDisabled();
  await band.getByRole('textbox').fill('web-01');
  await expect(run).toBeEnabled();
  await page.keyboard.press('Escape');

  await open(page, app, 'wipe');
  const wipe = page.getByRole('dialog', { name: 'Run wipe' });
  await expect(wipe.getByRole('button', { name: 'Run wipe' })).toBeEnabled();
  await wipe.getByRole('combobox', { name: 'HOST' }).click();
  await page.getByRole('option', { name: 'web-01 production' }).click();
  const wipeThere = wipe.getByRole('button', { name: 'Run wipe on web-01' });
  await expect(wipeThere).toBeDisabled();
  await wipe.getByTestId('danger').getByRole('textbox').fill('web-01');
  await wipeThere.click();
  await expect(app.line('wiped web-01')).toBeVisible();

  await hosts.getByRole('button', { name: /^web-01/ }).click({ button: 'right' });
  await page.getByRole('menuitemcheckbox', { name: 'In production' }).click();
  await expect(hosts.getByRole('button', { name: /^web-01 production/ })).toHaveCount(0);
});

test('what a host or a tag asks is set where it is seen; a click on a careful one opens the form', async ({
  app,
  page,
  home,
}) => {
  await home.vmo('hosts', 'tag', 'web-01,web-02', 'lab');
  const hosts = page.getByRole('region', { name: 'Hosts' });
  await page.getByRole('link', { name: 'Settings' }).click();
  const marks = page.locator('#danger');
  await marks.getByRole('combobox', { name: 'Marks' }).fill('@lab');
  await page.keyboard.press('Enter');
  await expect(hosts.getByRole('button', { name: /^web-01 always asks/ })).toBeVisible();
  await marks.getByRole('combobox', { name: 'Color of @lab: No color' }).click();
  await page.getByRole('option', { name: 'Violet' }).click();
  // Its own mark goes before that of the tag.
  const main = page.getByRole('main');
  await page.getByRole('link', { name: 'All hosts' }).click();
  await main.getByRole('link', { name: 'web-02', exact: true }).click();
  await expect(main.locator('.text-violet')).toHaveText('lab');
  await page.getByRole('combobox', { name: 'Before a run: As @lab says' }).click();
  await page.getByRole('option', { name: 'Never ask' }).click();
  // Both are names of one machine.
  await expect(hosts.getByRole('button', { name: /^web-0\d never asks/ })).toHaveCount(2);
  await page.getByRole('combobox', { name: 'Before a run: Never ask' }).click();
  await page.getByRole('option', { name: 'Not marked' }).click();
  await expect(hosts.getByRole('button', { name: /^web-0\d always asks/ })).toHaveCount(2);
  await page.getByRole('link', { name: 'All hosts' }).click();
  await main.getByRole('link', { name: 'web-01', exact: true }).click();
  await main.getByRole('button', { name: 'uptime', exact: true }).click();
  const form = page.getByRole('dialog', { name: 'Run a command' });
  await expect(form.getByTestId('asking')).toContainText('web-01 always asks');
  await form.getByRole('button', { name: 'Run on web-01' }).click();
  // Nobody is there, which is another matter.
  await expect(form).toHaveCount(0);
  await expect(app.status).not.toHaveText('');
  await home.vmo('hosts', 'mark', '@lab', 'none', '--color', 'none');
  await home.vmo('hosts', 'tag', 'web-01,web-02', 'lab', '--remove');
  await expect(hosts.getByRole('button', { name: /^web-0\d (always|never)/ })).toHaveCount(0);
});

test('hosts that come while all are asked about are asked about again', async ({ page, home }) => {
  await page
    .getByRole('region', { name: 'Hosts' })
    .getByRole('button', { name: 'Run a command…' })
    .first()
    .click();
  const form = page.getByRole('dialog', { name: 'Run a command' });
  await form.getByRole('textbox', { name: 'Command' }).fill('uptime');
  await form.getByRole('combobox', { name: 'Where' }).fill('*');
  await page.keyboard.press('Escape');
  const chosen = form.getByTestId('chosen-hosts');
  await expect(chosen).toContainText(/^All \d+ hosts\./);
  const all = Number(/\d+/.exec((await chosen.textContent())!)![0]);
  await form.getByRole('button', { name: `Run on ${all} hosts` }).click();
  await expect(form.getByRole('button', { name: `Yes, run on ${all} hosts` })).toBeVisible();
  await home.vmo('hosts', 'add', 'late-1', '127.0.0.1:1');
  await expect(chosen).toContainText(`All ${all + 1} hosts.`);
  await expect(form.getByRole('button', { name: `Run on ${all + 1} hosts` })).toBeVisible();
  await page.keyboard.press('Escape');
  await home.vmo('hosts', 'rm', 'late-1');
});

test('a set of hosts is saved under a name, means what it means when it is used, and goes', async ({
  page,
  home,
}) => {
  await page
    .getByRole('region', { name: 'Hosts' })
    .getByRole('button', { name: 'Run a command…' })
    .first()
    .click();
  const form = page.getByRole('dialog', { name: 'Run a command' });
  const where = form.getByRole('combobox', { name: 'Where' });
  const chosen = form.getByTestId('chosen-hosts');
  await where.fill('web-*,!web-02');
  await page.keyboard.press('Escape');
  await form.getByRole('button', { name: 'Save as a set…' }).click();
  await page.keyboard.type('canary');
  await page.keyboard.press('Enter');
  await expect(where).toHaveValue('@canary');
  await expect(form.getByRole('button', { name: 'Run on web-01' })).toBeVisible();
  await page.keyboard.press('Escape');
  await home.vmo('hosts', 'add', 'web-09', '127.0.0.1:1');
  await page.getByRole('link', { name: 'All hosts' }).click();
  const sets = page.getByRole('list', { name: 'Saved sets' });
  await sets.getByRole('button', { name: /^@canary web-\*,!web-02/ }).click();
  await expect(where).toHaveValue('@canary');
  await expect(chosen).toContainText('2 of all 3 hosts: web-[01,09]');
  await page.keyboard.press('Escape');
  await sets.getByRole('button', { name: 'Remove the set canary' }).click();
  await expect(sets).toHaveCount(0);
  await home.vmo('hosts', 'rm', 'web-09');
});

test('a folder that is dropped is asked for in a browser, added, and taken off again', async ({
  page,
  home,
}) => {
  const folder = join(home.root, 'dropped');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'Makefile'), 'landed: ## It is here\n\t@echo landed\n');
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([], 'dropped'));
    const event = { dataTransfer, bubbles: true, cancelable: true };
    document.body.dispatchEvent(new DragEvent('dragenter', event));
    document.body.dispatchEvent(new DragEvent('dragover', event));
  });
  await expect(page.getByText('Drop a folder to add it')).toBeVisible();
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([], 'dropped'));
    document.body.dispatchEvent(
      new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }),
    );
  });
  await expect(page.getByText('Drop a folder to add it')).toHaveCount(0);
  const dialog = page.getByRole('dialog', { name: 'Add a folder with a Makefile' });
  await expect(dialog.getByText('A browser does not give the path of “dropped”')).toBeVisible();
  await page.keyboard.type(folder);
  await page.keyboard.press('Enter');
  await expect(page.locator('[data-target="landed"]')).toBeVisible();
  const row = page.getByRole('button', { name: /^dropped/ });
  await row.click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Remove from list' }).click();
  await expect(row).toHaveCount(0);
  await rm(folder, { recursive: true });
});

test('a project that is gone says so; a makefile with an error shows where, and what works', async ({
  app,
  page,
}) => {
  await unfold(page, 'gone');
  await expect(page.getByText('mkcli remove gone')).toBeVisible();
  await unfold(page, 'broken');
  await expect(page.getByRole('list', { name: 'Problems' })).toContainText(/Makefile:6: /);
  await expect(app.target('fine')).toBeVisible();
});

for (const scheme of ['dark', 'light'] as const) {
  test.describe(scheme, () => {
    test.use({
      colorScheme: scheme,
      reducedMotion: 'reduce',
      viewport: { width: 900, height: 600 },
    });

    test('the form is whole in a small window, by keys alone', async ({ app, page, shop }) => {
      await page.addInitScript(AXE);
      await page.reload();
      await open(page, app, 'show');
      await shop.getByRole('button', { name: 'Options' }).press('Enter');
      await shop.getByRole('button', { name: 'Add a variable' }).press('Enter');
      await page.keyboard.type(`LEVEL_${scheme}`);
      await page.keyboard.press('Tab');
      await page.keyboard.type('$x');
      await shop.getByRole('button', { name: /^Recipe/ }).press('Enter');
      await expect(shop.getByRole('region', { name: 'Recipe' })).toBeVisible();
      await shop.getByRole('textbox', { name: 'NAME' }).press('Control+a');
      await page.keyboard.type('small');
      expect(await violations(page)).toEqual([]);
      await expect(shop.getByRole('button', { name: 'Run show' })).toBeInViewport({ ratio: 1 });
      await page.keyboard.press('Enter');
      await expect(app.line('name=small')).toBeVisible();
      await unfold(page, 'vm');
      await app.target('destroy').click();
      await expect(page.getByTestId('danger')).toBeVisible();
      expect(await violations(page)).toEqual([]);
    });
  });
}
