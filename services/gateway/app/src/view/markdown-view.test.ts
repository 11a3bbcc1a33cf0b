import type { VNode } from 'preact';
import { isValidElement } from 'preact';
import { expect, test } from 'vitest';
import { MarkdownView } from './markdown-view.js';

const elementsOf = (value: unknown): VNode<Record<string, unknown>>[] => {
  if (Array.isArray(value)) return value.flatMap(elementsOf);
  if (!isValidElement(value)) return [];
  const element = value as VNode<Record<string, unknown>>;
  return [element, ...elementsOf(element.props['children'])];
};

const viewOf = (source: string) => elementsOf(MarkdownView({ source, ownNames: ['ada'] }));

test('links open elsewhere and say nothing of where they come from', () => {
  const links = viewOf('[a](https://example.org) https://example.com').filter(({ type }) => type === 'a');
  expect(links).toHaveLength(2);
  for (const { props } of links) expect(props).toMatchObject({ target: '_blank', rel: 'noopener noreferrer nofollow' });
});

test('no text of a message becomes an element, an attribute or HTML', () => {
  const hostile = '<img src=x onerror=alert(1)> **<script>** `<b>` [<i>](https://example.org/"onclick=) > <u>\n> <u>';
  const known = new Set(['p', 'strong', 'em', 'del', 'code', 'pre', 'a', 'br', 'ul', 'ol', 'li', 'blockquote', 'span']);
  for (const { type, props } of viewOf(hostile)) {
    if (typeof type !== 'string') continue;
    expect(known).toContain(type);
    expect(Object.keys(props).filter((name) => /^on|innerHTML|style|src/i.test(name))).toEqual([]);
  }
});

test('the own name stands out among mentions', () => {
  const mentions = viewOf('@Ada and @bob').filter(({ type }) => type === 'span');
  expect(mentions.map(({ props }) => props['class'])).toEqual(['mention own', 'mention']);
});
