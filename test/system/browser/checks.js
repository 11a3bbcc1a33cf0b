// What is asked of pages again and again.
import { check } from '../proof/figures.js';
import { flawsOf } from './looks.js';

/** Empty, or what is wrong. */
export const none = (what, wrong) =>
  check(`${what}${wrong.length > 0 ? `: ${wrong.slice(0, 5).join(' · ')}` : ''}`, wrong.length === 0);
export const same = (a, b) => a.length === b.length && a.every((each, at) => each === b[at]);
export const flawsOfAll = async (viewers) =>
  (
    await Promise.all(viewers.map(async ({ page, look }) => (await flawsOf(page)).map((flaw) => `${look} ${flaw}`)))
  ).flat();
export const looked = async (viewers, name) => {
  for (const viewer of viewers) await viewer.shot(name);
  none(`${name}: nothing overflows, text stands out, targets are large enough`, await flawsOfAll(viewers));
};
export const until = async (holds, withinMs = 30_000) => {
  for (const end = performance.now() + withinMs; performance.now() < end;) if (await holds()) return true;
  return false;
};

/** Within what is shown of the log. */
export const isInSight = (locator) =>
  locator.evaluate((element) => {
    const { bottom, top } = element.getBoundingClientRect();
    const log = document.querySelector('#log').getBoundingClientRect();
    return bottom <= log.bottom + 1 && top >= log.top - 1;
  });
