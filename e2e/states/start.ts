// The first start: with nothing at all, and with the demo project.
import { expect } from '@playwright/test';
import type { Place } from '../states';
import { over } from './steps';

const welcome = 'Run it, watch it, find it again.';

export const start: Place = {
  name: 'first start',
  which: 'bare',
  states: [
    {
      name: 'start-without-anything',
      small: true,
      async reach({ page }) {
        await expect(page.getByRole('heading', { name: welcome })).toBeVisible();
        await expect(page.getByText('A project is a folder with a Makefile.')).toBeVisible();
        await expect(page.getByText('Hosts come from your SSH config: add')).toBeVisible();
      },
    },
    over('add-a-folder', async ({ page }) => {
      await page.getByRole('button', { name: 'Add a folder with a Makefile' }).click();
      await expect(page.getByRole('dialog').getByRole('textbox')).toBeFocused();
    }),
    over('add-a-folder-that-is-not-there', async ({ page }) => {
      await page.getByRole('button', { name: 'Add a folder with a Makefile' }).click();
      await page.getByRole('dialog').getByRole('textbox').fill('/nowhere/at/all');
      await page.keyboard.press('Enter');
      await expect(page.getByRole('alert').filter({ hasText: '/nowhere' })).toBeVisible();
    }),
    over('command-without-hosts', async ({ page }) => {
      await page.getByRole('button', { name: 'Run a command here…' }).click();
      await expect(page.getByText('Hosts from your SSH config appear here too.')).toBeVisible();
    }),
    {
      name: 'history-without-jobs',
      async reach({ page }) {
        await page.getByRole('link', { name: 'History' }).click();
        await expect(page.getByText('No jobs yet.')).toBeVisible();
      },
    },
  ],
};

export const demo: Place = {
  name: 'first start with the demo',
  which: 'demo',
  states: [
    {
      name: 'start-with-the-demo',
      small: true,
      main: true,
      async reach({ app, page }) {
        await expect(page.getByRole('button', { name: /^Run status$/ })).toBeEnabled();
        await expect(app.target('hello')).toBeVisible();
      },
    },
    over('keys', async ({ page }) => {
      await page.keyboard.press('?');
      await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
    }),
    {
      name: 'a-folder-dragged-over',
      async reach({ page }) {
        await page.evaluate(drag, ['dragenter', 'dragover']);
        await expect(page.getByText('Drop a folder to add it')).toBeVisible();
      },
      async leave({ page }) {
        await page.evaluate(drag, ['dragleave']);
        await expect(page.getByText('Drop a folder to add it')).toHaveCount(0);
      },
    },
  ],
};

/** A folder from outside the page, as far as a page can tell. */
function drag(events: string[]): void {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([], 'shop'));
  for (const name of events) {
    const event = { dataTransfer, bubbles: true, cancelable: true };
    document.body.dispatchEvent(new DragEvent(name, event));
  }
}
