import { type Block, type Inline, parseInline } from './markdown.js';

const quoteDepthMax = 3;
const fence = '```';
const bullet = /^ {0,3}[-*+] (.*)$/;
const numbered = /^ {0,3}(\d{1,9})[.)] (.*)$/;

const isQuote = (line: string): boolean => line.startsWith('>');
const isBlockStart = (line: string): boolean =>
  line.startsWith(fence) || isQuote(line) || bullet.test(line) || numbered.test(line);

/** How many lines from `at` on hold `holds`. */
const runLength = (lines: readonly string[], at: number, holds: (line: string) => boolean): number => {
  let end = at;
  while (end < lines.length && holds(lines[end] ?? '')) end += 1;
  return end - at;
};

type Read = readonly [block: Block, lines: number];

const readCode = (lines: readonly string[], at: number): Read => {
  const length = runLength(lines, at + 1, (line) => !line.startsWith(fence));
  const language = (lines[at] ?? '').slice(fence.length).trim().slice(0, 32);
  return [{ type: 'code', language, text: lines.slice(at + 1, at + 1 + length).join('\n') }, length + 2];
};

const readQuote = (lines: readonly string[], at: number, depth: number): Read => {
  const length = runLength(lines, at, isQuote);
  const inner = lines.slice(at, at + length).map((line) => line.slice(line[1] === ' ' ? 2 : 1));
  const children = depth < quoteDepthMax ? readBlocks(inner, depth + 1) : [paragraph(inner)];
  return [{ type: 'quote', children }, length];
};

const readList = (lines: readonly string[], at: number): Read => {
  const first = numbered.exec(lines[at] ?? '');
  const pattern = first ? numbered : bullet;
  const length = runLength(lines, at, (line) => pattern.test(line));
  const items: (readonly Inline[])[] = lines
    .slice(at, at + length)
    .map((line) => parseInline(pattern.exec(line)?.at(-1) ?? ''));
  return [{ type: 'list', start: first ? Number(first[1]) : null, items }, length];
};

const paragraph = (lines: readonly string[]): Block => ({ type: 'paragraph', children: parseInline(lines.join('\n')) });

const readBlock = (lines: readonly string[], at: number, depth: number): Read => {
  const line = lines[at] ?? '';
  if (line.startsWith(fence)) return readCode(lines, at);
  if (isQuote(line)) return readQuote(lines, at, depth);
  if (isBlockStart(line)) return readList(lines, at);
  const length = runLength(lines, at, (each) => each.trim() !== '' && !isBlockStart(each));
  return [paragraph(lines.slice(at, at + length)), length];
};

const readBlocks = (lines: readonly string[], depth: number): readonly Block[] => {
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length;) {
    if ((lines[at] ?? '').trim() === '') {
      at += 1;
      continue;
    }
    const [block, length] = readBlock(lines, at, depth);
    blocks.push(block);
    at += length;
  }
  return blocks;
};

/** The blocks of a message: paragraphs, lists, quotes and code. */
export const parseMarkdown = (source: string): readonly Block[] =>
  readBlocks(source.replaceAll('\r\n', '\n').split('\n'), 0);

const textOf = (nodes: readonly Inline[]): string =>
  nodes
    .map((node) => {
      if (node.type === 'text' || node.type === 'code') return node.text;
      if (node.type === 'mention') return `@${node.name}`;
      return node.type === 'break' ? ' ' : textOf(node.children);
    })
    .join('');

const blockText = (block: Block): string => {
  if (block.type === 'code') return block.text.replaceAll('\n', ' ');
  if (block.type === 'paragraph') return textOf(block.children);
  return block.type === 'quote' ? plainOf(block.children) : block.items.map(textOf).join(', ');
};

const plainOf = (blocks: readonly Block[]): string => blocks.map(blockText).join(' ');

/** One line of a message without its marks, of at most `lengthMax` characters, for previews. */
export const plainText = (source: string, lengthMax = 140): string => {
  const plain = plainOf(parseMarkdown(source.slice(0, lengthMax * 4))).trim();
  return plain.length > lengthMax ? `${plain.slice(0, lengthMax - 1)}…` : plain;
};
