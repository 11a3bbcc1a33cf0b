// Horizontal bars as plain SVG, readable on a light and on a dark page.

export interface Bar {
  readonly label: string;
  /** null: there is no figure, only the reason in `note`. */
  readonly value: number | null;
  readonly min?: number;
  readonly max?: number;
  readonly note?: string;
  /** One of them stands out. */
  readonly isOurs?: boolean;
}

const width = 720;
const labelWidth = 230;
const figureWidth = 150;
const rowHeight = 30;
const barHeight = 16;
const headHeight = 34;

const style = `
  text { font: 13px system-ui, sans-serif; fill: #24292f; }
  .title { font-weight: 600; }
  .bar { fill: #8c959f; }
  .ours { fill: #0969da; }
  .range { stroke: #24292f; stroke-width: 1.5; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .bar { fill: #6e7681; }
    .ours { fill: #58a6ff; }
    .range { stroke: #e6edf3; }
  }`;

/** Bars from zero to their median, with a line from the minimum to the maximum. */
export const barPlot = (title: string, unit: string, bars: readonly Bar[]): string => {
  const most = Math.max(...bars.map(({ value, max }) => max ?? value ?? 0), Number.MIN_VALUE);
  const scale = (value: number): number => Number(((value / most) * (width - labelWidth - figureWidth)).toFixed(1));
  const height = headHeight + bars.length * rowHeight + 6;
  const rows = bars.map((bar, index) => rowOf(bar, headHeight + index * rowHeight, scale));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(`${title}, ${unit}`)}</title>`,
    `<style>${style}\n</style>`,
    `<text class="title" x="0" y="18">${escaped(title)} (${escaped(unit)})</text>`,
    ...rows,
    '</svg>\n',
  ].join('\n');
};

const rowOf = (bar: Bar, y: number, scale: (value: number) => number): string => {
  const middle = y + rowHeight / 2;
  const label = `<text x="0" y="${middle + 4}">${escaped(bar.label)}</text>`;
  const { value, min, max, note = '', isOurs = false } = bar;
  if (value === null)
    return `${label}\n<text x="${labelWidth}" y="${middle + 4}">${escaped(note || 'no figure')}</text>`;
  const top = middle - barHeight / 2;
  const rectangle = `<rect class="bar${isOurs ? ' ours' : ''}" x="${labelWidth}" y="${top}" width="${scale(value)}" height="${barHeight}"/>`;
  const range =
    min === undefined || max === undefined || min === max
      ? ''
      : `<line class="range" x1="${labelWidth + scale(min)}" x2="${labelWidth + scale(max)}" y1="${middle}" y2="${middle}"/>`;
  const figureAt = labelWidth + scale(Math.max(value, max ?? 0)) + 8;
  const figure = `<text x="${figureAt}" y="${middle + 4}">${escaped(figureOf(value))}${note ? ` ${escaped(note)}` : ''}</text>`;
  return [label, rectangle, ...(range ? [range] : []), figure].join('\n');
};

/** As people write it: 1,234,567 or 0.35. */
export const figureOf = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => entities[character] ?? '');
