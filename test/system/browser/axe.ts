// What axe-core finds on a page: rules of WCAG 2.1 A and AA, and its best practices.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type axe from 'axe-core';
import type { Page } from 'playwright-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The serious and critical findings, one line each; `all` counts the lesser ones too. */
export const axeFindings = async (
  page: Page,
): Promise<{ readonly serious: readonly string[]; readonly all: number }> => {
  await page.evaluate(source);
  const { violations } = await page.evaluate(() => (window as unknown as { axe: typeof axe }).axe.run(document));
  const serious = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id} ${nodes[0]?.html.slice(0, 120)}`);
  return { serious, all: violations.length };
};
