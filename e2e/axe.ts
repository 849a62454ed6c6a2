// Names, roles and contrast of what the page shows, as far as axe can tell (WCAG 2.2 AA).
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type axe from 'axe-core';
import type { Page } from '@playwright/test';

/** axe itself, for a page to load. */
export const AXE = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
);

/** What axe finds wrong, by rule and place: by all of its rules, or with or without that of contrast alone. */
export async function violations(
  page: Page,
  contrast: 'too' | 'only' | 'not' = 'too',
): Promise<string[]> {
  const found = await page.evaluate(async (contrast) => {
    const { axe: run } = window as unknown as { axe: typeof axe };
    const options: axe.RunOptions = { resultTypes: ['violations'], preload: false };
    if (contrast === 'only') options.runOnly = ['color-contrast'];
    if (contrast === 'not') options.rules = { 'color-contrast': { enabled: false } };
    return (await run.run(document, options)).violations;
  }, contrast);
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, any }) => `${id}: ${target.join(' ')}: ${any[0]?.message ?? ''}`),
  );
}
