// What is asked of pages again and again.
import type { Locator } from 'playwright-core';
import { check } from '../proof/figures.js';
import { flawsOf } from './looks.js';
import type { Viewer } from './viewer.js';

/** Nothing, or what is wrong. */
export const none = (what: string, wrong: readonly unknown[]): void =>
  check(`${what}${wrong.length > 0 ? `: ${wrong.slice(0, 5).join(' · ')}` : ''}`, wrong.length === 0);
export const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((each, at) => each === b[at]);

export const flawsOfAll = async (viewers: readonly Viewer[]): Promise<string[]> => {
  const flaws = viewers.map(async ({ page, look }) => (await flawsOf(page)).map((flaw) => `${look} ${flaw}`));
  return (await Promise.all(flaws)).flat();
};

/** Takes screenshots, and checks what can be seen without taste. */
export const looked = async (viewers: readonly Viewer[], name: string): Promise<void> => {
  for (const viewer of viewers) await viewer.shot(name);
  none(`${name}: nothing overflows, text stands out, targets are large enough`, await flawsOfAll(viewers));
};

/** Whether something becomes true in time. */
export const until = async (holds: () => Promise<boolean>, withinMs = 30_000): Promise<boolean> => {
  for (const end = performance.now() + withinMs; performance.now() < end;) if (await holds()) return true;
  return false;
};

/** Within what is shown of the log. */
export const isInSight = (locator: Locator): Promise<boolean> =>
  locator.evaluate((element) => {
    const { bottom, top } = element.getBoundingClientRect();
    const log = document.querySelector('#log')?.getBoundingClientRect();
    return log !== undefined && bottom <= log.bottom + 1 && top >= log.top - 1;
  });
