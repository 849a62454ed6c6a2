// What a person does on the way to many states.
import { expect, type Locator, type Page } from '@playwright/test';
import type { App } from '../app';
import type { Stage, State } from '../states';

/** Closes what is open, as the key does. */
export const escape = async ({ page }: Stage): Promise<void> => {
  const open = page.locator('[role="dialog"], [role="menu"], [role="listbox"]');
  // A list closes before the dialog it is in.
  await expect(async () => {
    await page.keyboard.press('Escape');
    await expect(open).toHaveCount(0, { timeout: 300 });
  }).toPass({ timeout: 5_000 });
};

/** A state that the same states can follow as preceded it. */
export function over(name: string, reach: State['reach'], small?: true): State {
  return { name, reach, leave: escape, ...(small && { small }) };
}

/** Unfolds a project of the sidebar, or a host. */
export async function unfold(page: Page, name: string): Promise<void> {
  const row = page.getByRole('navigation', { name: 'Projects and hosts' }).getByRole('button', {
    name: new RegExp(`^${name}\\b`),
  });
  if ((await row.getAttribute('aria-expanded')) === 'false') await row.click();
}

/** Opens the form of a shell command. */
export async function commandForm(app: App, script: string): Promise<Locator> {
  await app.page.keyboard.press('Control+k');
  await app.page.getByRole('combobox', { name: 'Go to or run' }).fill('run a command');
  await app.page.getByRole('option', { name: /^Run a command…/ }).click();
  const form = app.page.getByRole('dialog', { name: 'Run a command' });
  await form.getByRole('textbox', { name: 'Command' }).fill(script);
  return form;
}

/** Runs a shell command here, and waits for a status. */
export async function shell(app: App, script: string, status: string): Promise<void> {
  const form = await commandForm(app, script);
  await form.getByRole('button', { name: 'Run on this machine' }).click();
  await expect(form).toHaveCount(0);
  await expect(app.page.getByTestId('extent').or(app.terminal).first()).toBeVisible();
  await expect(app.status).toHaveText(status, { timeout: 30_000 });
}

/** Runs a target of the demo project, and waits for a status of its job. */
export async function demo(app: App, target: string, status: string): Promise<void> {
  await app.run(target);
  await expect(app.status).toHaveText(status, { timeout: 30_000 });
}

/** Opens the form of a target, and trusts its project if that is asked. */
export async function targetForm(app: App, target: string): Promise<Locator> {
  const { page } = app;
  await app.target(target).hover();
  await page.getByRole('button', { name: `Run ${target} with variables…` }).click();
  const form = page.getByRole('dialog', { name: `Run ${target}` });
  const trust = page.getByRole('button', { name: /^Trust .* and continue$/ });
  await expect(form.or(trust)).toBeVisible();
  if (await trust.isVisible()) await trust.click();
  await expect(form).toBeVisible();
  return form;
}

/** Cancels the job on the page. */
export async function cancel(app: App): Promise<void> {
  await app.page.keyboard.press('Control+.');
  await expect(app.status).toHaveText('Canceled');
}
