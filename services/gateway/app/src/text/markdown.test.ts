import { describe, expect, test } from 'vitest';
import { type Block, type Inline, parseInline, safeHref } from './markdown.js';
import { parseMarkdown, plainText } from './markdown-blocks.js';

const text = (value: string): Inline => ({ type: 'text', text: value });
const link = (href: string, label: string): Inline => ({ type: 'link', href, children: [text(label)] });

describe('inline marks', () => {
  test.each<[string, readonly Inline[]]>([
    ['plain', [text('plain')]],
    [
      '**bold** *it* _it_ ~~no~~',
      [
        { type: 'strong', children: [text('bold')] },
        text(' '),
        { type: 'emphasis', children: [text('it')] },
        text(' '),
        { type: 'emphasis', children: [text('it')] },
        text(' '),
        { type: 'deleted', children: [text('no')] },
      ],
    ],
    [
      '**a *b* c**',
      [{ type: 'strong', children: [text('a '), { type: 'emphasis', children: [text('b')] }, text(' c')] }],
    ],
    ['`**code**`', [{ type: 'code', text: '**code**' }]],
    ['``a ` b``', [{ type: 'code', text: 'a ` b' }]],
    [
      'snake_case_name and 2*3*4',
      [text('snake_case_name and 2'), { type: 'emphasis', children: [text('3')] }, text('4')],
    ],
    ['\\*not\\*', [text('*not*')]],
    ['a\nb', [text('a'), { type: 'break' }, text('b')]],
    ['hi @ada.b, and a@b.c', [text('hi '), { type: 'mention', name: 'ada.b' }, text(', and a@b.c')]],
    [
      'see https://example.org/a_b?c=d.',
      [text('see '), link('https://example.org/a_b?c=d', 'https://example.org/a_b?c=d'), text('.')],
    ],
    ['[Docs](https://example.org)', [link('https://example.org/', 'Docs')]],
    ['**open', [text('**open')]],
  ])('%j', (source, nodes) => {
    expect(parseInline(source)).toEqual(nodes);
  });
});

describe('blocks', () => {
  test.each<[string, readonly Block['type'][]]>([
    ['one\ntwo\n\nthree', ['paragraph', 'paragraph']],
    ['- a\n- b', ['list']],
    ['1. a\n2. b\ntext', ['list', 'paragraph']],
    ['> quoted\n> more\nnot', ['quote', 'paragraph']],
    ['```ts\nconst a = 1;\n```\nafter', ['code', 'paragraph']],
    ['```\nnever closed', ['code']],
    ['', []],
  ])('%j', (source, types) => {
    expect(parseMarkdown(source).map(({ type }) => type)).toEqual(types);
  });

  test('a preview is one line without marks', () => {
    expect(plainText('**Hello** @ada\n\n- a\n- `b`')).toBe('Hello @ada a, b');
    expect(plainText('x'.repeat(500))).toHaveLength(140);
  });
});

describe('safety', () => {
  test.each([
    'javascript:alert(1)',
    ' javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'file:///etc/passwd',
    '//example.org',
    'https://',
  ])('%j is no link', (address) => {
    expect(safeHref(address)).toBeNull();
    expect(parseInline(`[click](${address})`).every(({ type }) => type !== 'link')).toBe(true);
  });

  const typesIn = (value: unknown, found = new Set<string>()): Set<string> => {
    if (Array.isArray(value)) for (const each of value) typesIn(each, found);
    else if (typeof value === 'object' && value !== null) {
      if ('type' in value) found.add(String(value.type));
      for (const each of Object.values(value)) typesIn(each, found);
    }
    return found;
  };

  test('markup stays text', () => {
    const blocks = parseMarkdown('<img src=x onerror="alert(1)"><script>alert(1)</script> <b>bold</b>');
    expect([...typesIn(blocks)].sort()).toEqual(['paragraph', 'text']);
  });

  test.each([
    '*a ',
    '**a',
    '_a',
    '[a](',
    '[',
    '](',
    '`',
    '``a',
    '> ',
    '>',
    '- ',
    '@',
    '~~',
    '\\',
    '```\n',
    '1. ',
    'http://',
    'https://(',
  ])('16 KiB of %j do not make it quadratic', (part) => {
    const source = part.repeat(Math.ceil(16_384 / part.length)).slice(0, 16_384);
    const begun = performance.now();
    const blocks = parseMarkdown(source);
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(blocks.length).toBeGreaterThan(0);
  });
});
