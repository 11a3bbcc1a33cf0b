// What can be seen of a page without taste: nothing sticks out, text stands out, everything can be hit and has a name.
import type { Page } from 'playwright-core';

/** Runs in the page. */
const lookAround = () => {
  type Color = readonly [number, number, number, number];
  const channels = (color: string): Color => {
    const [r = 0, g = 0, b = 0, a = 1] = (color.match(/[\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
    return [r, g, b, a];
  };
  const over = ([r, g, b, a]: Color, [r0, g0, b0]: Color): Color => {
    const mix = (front: number, back: number): number => front * a + back * (1 - a);
    return [mix(r, r0), mix(g, g0), mix(b, b0), 1];
  };
  const backgroundOf = (element: Element): Color => {
    const layers: Color[] = [];
    for (let each: Element | null = element; each; each = each.parentElement) {
      const color = channels(getComputedStyle(each).backgroundColor);
      layers.push(color);
      if (color[3] === 1) break;
    }
    const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
    const page: Color = isDark ? [18, 18, 18, 1] : [255, 255, 255, 1];
    return layers.reverse().reduce((below, color) => over(color, below), page);
  };
  const linear = (value: number): number =>
    value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]: Color): number => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const contrast = (front: Color, back: Color): number => {
    const [one, other] = [luminance(front), luminance(back)];
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  };
  const isInput = (element: Element) =>
    element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement ? element : null;
  const nameOf = (element: Element): string =>
    `<${element.tagName.toLowerCase()}${element.id && ` id=${element.id}`}${element.className && ` class=${element.className}`}> ${(element.textContent || isInput(element)?.value || '').trim().slice(0, 30)}`;
  const isShown = (element: Element): boolean =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
    !element.closest('.visually-hidden') &&
    getComputedStyle(element).clipPath === 'none';

  const faint: string[] = [];
  let texts = 0;
  const look = (element: Element, color: string): void => {
    texts += 1;
    const back = backgroundOf(element);
    const ratio = contrast(over(channels(color), back), back);
    if (ratio < 4.5) faint.push(`${ratio.toFixed(2)} ${nameOf(element)}`);
  };
  for (const element of document.body.querySelectorAll('*')) {
    // Nobody has to read what is switched off.
    if (!isShown(element) || element.matches(':disabled, noscript')) continue;
    const says = [...element.childNodes].some((each) => each instanceof Text && each.data.trim() !== '');
    const input = isInput(element);
    if (says || input?.value) look(element, getComputedStyle(element).color);
    if (input?.placeholder && !input.value) look(element, getComputedStyle(element, '::placeholder').color);
  }

  const small: string[] = [];
  for (const element of document.querySelectorAll('a, button, input, textarea, summary')) {
    if (!isShown(element)) continue;
    // A link in a line of text is as high as the line.
    if (element.tagName === 'A' && getComputedStyle(element).display === 'inline' && element.closest('p, h3')) continue;
    // The label of a box can be hit as well.
    const around = element.tagName === 'A' ? 'li' : element.matches('[type=checkbox], [type=radio]') ? 'label' : null;
    const area = (around === null ? null : element.closest(around)) ?? element;
    const { width, height } = area.getBoundingClientRect();
    if (width < 24 || height < 24) small.push(`${Math.round(width)}×${Math.round(height)} ${nameOf(element)}`);
  }

  const wide: string[] = [];
  for (const element of [document.documentElement, ...document.querySelectorAll('main, #place, #log, #messages')])
    if (element.scrollWidth > element.clientWidth) wide.push(`${nameOf(element).slice(0, 40)} ${element.scrollWidth}`);
  return { texts, faint, small, wide, width: document.documentElement.scrollWidth };
};

/** What is wrong with how the page looks now; nothing, if all is well. */
export const flawsOf = async (page: Page): Promise<string[]> => {
  const { texts, faint, small, wide, width } = await page.evaluate(lookAround);
  const seen = page.viewportSize()?.width ?? 0;
  return [
    ...(texts === 0 ? ['there is no text'] : []),
    ...faint.map((each) => `contrast ${each}`),
    ...small.map((each) => `target ${each}`),
    ...wide.map((each) => `overflows: ${each}`),
    ...(width > seen ? [`${width} pixels wide on ${seen}`] : []),
  ];
};

const named = new Set([
  'button',
  'textbox',
  'searchbox',
  'spinbutton',
  'link',
  'DisclosureTriangle',
  'log',
  'navigation',
]);

export interface SpokenNode {
  readonly role: string;
  readonly name: string;
  /** Whether changes are read aloud: `polite`, … */
  readonly live: string;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The accessibility tree as a screen reader gets it. */
export const spokenTree = async (page: Page): Promise<SpokenNode[]> => {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  return nodes
    .filter(({ ignored }) => !ignored)
    .map(({ role, name, properties = [] }) => ({
      role: textOf(role?.value),
      name: textOf(name?.value).trim(),
      live: textOf(properties.find((each) => each.name === 'live')?.value.value),
    }));
};

/** What one could use or hear, and nobody says what it is. */
export const nameless = (tree: readonly SpokenNode[]): string[] =>
  tree.filter(({ role, name }) => named.has(role) && name === '').map(({ role }) => role);
