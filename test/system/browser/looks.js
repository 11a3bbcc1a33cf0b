// What can be seen of a page without taste: nothing sticks out, text stands out, everything can be hit and has a name.

/** Runs in the page. */
const lookAround = () => {
  const channels = (color) => (color.match(/[\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
  const over = ([r, g, b, a = 1], below) => [r, g, b].map((value, at) => value * a + below[at] * (1 - a));
  const backgroundOf = (element) => {
    const layers = [];
    for (let each = element; each; each = each.parentElement) {
      const color = channels(getComputedStyle(each).backgroundColor);
      layers.push(color);
      if ((color[3] ?? 1) === 1) break;
    }
    const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
    return layers.reverse().reduce((below, color) => over(color, below), isDark ? [18, 18, 18] : [255, 255, 255]);
  };
  const luminance = (color) => {
    const [r, g, b] = color.map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (front, back) => {
    const [dark, light] = [luminance(front), luminance(back)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const nameOf = (element) =>
    `<${element.tagName.toLowerCase()}${element.id && ` id=${element.id}`}${element.className && ` class=${element.className}`}> ${(element.textContent || element.value || '').trim().slice(0, 30)}`;
  const isShown = (element) =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
    !element.closest('.visually-hidden') &&
    getComputedStyle(element).clipPath === 'none';

  const faint = [];
  let texts = 0;
  const look = (element, color) => {
    texts += 1;
    const back = backgroundOf(element);
    const ratio = contrast(over(channels(color), back), back);
    if (ratio < 4.5) faint.push(`${ratio.toFixed(2)} ${nameOf(element)}`);
  };
  for (const element of document.body.querySelectorAll('*')) {
    // Nobody has to read what is switched off.
    if (!isShown(element) || element.matches(':disabled, noscript')) continue;
    const says = [...element.childNodes].some((each) => each.nodeType === Node.TEXT_NODE && each.data.trim() !== '');
    if (says || (element.matches('input, textarea') && element.value)) look(element, getComputedStyle(element).color);
    if (element.placeholder && !element.value) look(element, getComputedStyle(element, '::placeholder').color);
  }

  const small = [];
  for (const element of document.querySelectorAll('a, button, input, textarea, summary')) {
    if (!isShown(element)) continue;
    // A link in a line of text is as high as the line.
    if (element.tagName === 'A' && getComputedStyle(element).display === 'inline' && element.closest('p, h3')) continue;
    const area = element.tagName === 'A' ? (element.closest('li') ?? element) : element;
    const { width, height } = area.getBoundingClientRect();
    if (width < 24 || height < 24) small.push(`${Math.round(width)}×${Math.round(height)} ${nameOf(element)}`);
  }

  const wide = [];
  for (const element of [document.documentElement, ...document.querySelectorAll('main, #place, #log, #messages')])
    if (element.scrollWidth > element.clientWidth) wide.push(`${nameOf(element).slice(0, 40)} ${element.scrollWidth}`);
  return { texts, faint, small, wide, width: document.documentElement.scrollWidth };
};

/** What is wrong with how the page looks now; nothing, if all is well. */
export const flawsOf = async (page) => {
  const { texts, faint, small, wide, width } = await page.evaluate(lookAround);
  const seen = page.viewportSize().width;
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

/** The accessibility tree as a screen reader gets it: `role` and `name` of what is in it. */
export const spokenTree = async (page) => {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  return nodes
    .filter(({ ignored }) => !ignored)
    .map(({ role, name, properties = [] }) => ({
      role: role?.value ?? '',
      name: (name?.value ?? '').trim(),
      live: properties.find((each) => each.name === 'live')?.value?.value,
    }));
};

/** What one could use or hear, and nobody says what it is. */
export const nameless = (tree) =>
  tree.filter(({ role, name }) => named.has(role) && name === '').map(({ role }) => role);
