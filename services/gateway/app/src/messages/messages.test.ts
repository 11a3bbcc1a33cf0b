import { expect, test } from 'vitest';
import { de } from './de.js';
import { en } from './en.js';

const parametersOf = (text: string): string[] =>
  [...text.matchAll(/\{(\w{1,20})\}/g)].map(([, name = '']) => name).sort();

test.each([['de', de]] as const)('%s has a text for every key of English, with the same parameters', (_, messages) => {
  expect(Object.keys(messages).sort()).toEqual(Object.keys(en).sort());
  for (const [key, text] of Object.entries(en)) {
    const translated = messages[key as keyof typeof en];
    expect([key, parametersOf(translated)]).toEqual([key, parametersOf(text)]);
    expect(translated.trim()).not.toBe('');
  }
});
