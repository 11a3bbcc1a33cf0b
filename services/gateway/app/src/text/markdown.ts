// The Markdown of messages as a tree. Nothing here makes HTML: the tree has a closed set of nodes, which view/markdown-view.tsx renders as elements
// with text in them, so that no text of a message can become markup.

export type Inline =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'code'; readonly text: string }
  | { readonly type: 'strong' | 'emphasis' | 'deleted'; readonly children: readonly Inline[] }
  | { readonly type: 'link'; readonly href: string; readonly children: readonly Inline[] }
  | { readonly type: 'mention'; readonly name: string }
  | { readonly type: 'break' };

export type Block =
  | { readonly type: 'paragraph'; readonly children: readonly Inline[] }
  | { readonly type: 'code'; readonly language: string; readonly text: string }
  | { readonly type: 'quote'; readonly children: readonly Block[] }
  | { readonly type: 'list'; readonly start: number | null; readonly items: readonly (readonly Inline[])[] };

const depthMax = 6;

/** The address as an absolute `http:`, `https:` or `mailto:` URL; null for any other. */
export const safeHref = (address: string): string | null => {
  if (!/^(?:https?:\/\/|mailto:)/i.test(address)) return null;
  try {
    const url = new URL(address);
    return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
};

const isWord = (character: string | undefined): boolean => character !== undefined && /[\p{L}\p{N}_]/u.test(character);
const isSpace = (character: string | undefined): boolean => character === undefined || /\s/.test(character);

/** Delimiters in the order in which they are tried. */
const delimiters = [
  ['**', 'strong'],
  ['__', 'strong'],
  ['~~', 'deleted'],
  ['*', 'emphasis'],
  ['_', 'emphasis'],
] as const;

class InlineParser {
  readonly #nodes: Inline[] = [];
  #text = '';
  #at = 0;
  /** Where each mark was found last (Infinity: no further one), so that a hostile text is searched once for each mark. */
  readonly #found = new Map<string, number>();

  constructor(
    private readonly source: string,
    private readonly depth: number,
  ) {}

  parse(): readonly Inline[] {
    while (this.#at < this.source.length) {
      if (this.#escape() || this.#code() || this.#link() || this.#address() || this.#mention() || this.#styled())
        continue;
      const character = this.source[this.#at] ?? '';
      if (character === '\n') this.#push({ type: 'break' });
      else this.#text += character;
      this.#at += 1;
    }
    this.#flush();
    return this.#nodes;
  }

  #flush(): void {
    if (this.#text !== '') this.#nodes.push({ type: 'text', text: this.#text });
    this.#text = '';
  }

  #push(node: Inline): void {
    this.#flush();
    this.#nodes.push(node);
  }

  #find(what: string, from: number): number {
    const known = this.#found.get(what) ?? -1;
    if (known >= from) return known === Infinity ? -1 : known;
    const found = this.source.indexOf(what, from);
    this.#found.set(what, found === -1 ? Infinity : found);
    return found;
  }

  #escape(): boolean {
    const next = this.source[this.#at + 1];
    if (this.source[this.#at] !== '\\' || next === undefined || !/[\\`*_~[\]()>#@-]/.test(next)) return false;
    this.#text += next;
    this.#at += 2;
    return true;
  }

  #code(): boolean {
    if (this.source[this.#at] !== '`') return false;
    const fence = this.source.startsWith('``', this.#at) ? '``' : '`';
    const end = this.#find(fence, this.#at + fence.length);
    if (end <= this.#at + fence.length) return false;
    const text = this.source.slice(this.#at + fence.length, end);
    this.#push({ type: 'code', text: fence === '``' ? text.trim() : text });
    this.#at = end + fence.length;
    return true;
  }

  #link(): boolean {
    if (this.source[this.#at] !== '[' || this.depth >= depthMax) return false;
    const middle = this.#find('](', this.#at);
    if (middle === -1 || middle === this.#at + 1) return false;
    const end = this.#find(')', middle);
    if (end === -1) return false;
    const label = this.source.slice(this.#at + 1, middle);
    const href = safeHref(this.source.slice(middle + 2, end).trim());
    if (href === null || /[[\]]/.test(label)) return false;
    // A label has no links of its own.
    this.#push({ type: 'link', href, children: [{ type: 'text', text: label }] });
    this.#at = end + 1;
    return true;
  }

  #address(): boolean {
    if (this.source[this.#at] !== 'h' || isWord(this.source[this.#at - 1])) return false;
    if (!this.source.startsWith('https://', this.#at) && !this.source.startsWith('http://', this.#at)) return false;
    let end = this.#at;
    while (end < this.source.length && !/[\s<>"`]/.test(this.source[end] ?? '')) end += 1;
    let address = this.source.slice(this.#at, end);
    // What ends a sentence does not belong to an address, nor does a bracket that was opened before it.
    while (/[.,:;!?'*_~]$/.test(address) || (address.endsWith(')') && !address.includes('(')))
      address = address.slice(0, -1);
    const href = safeHref(address);
    if (href === null) return false;
    this.#push({ type: 'link', href, children: [{ type: 'text', text: address }] });
    this.#at += address.length;
    return true;
  }

  #mention(): boolean {
    if (this.source[this.#at] !== '@' || isWord(this.source[this.#at - 1])) return false;
    let end = this.#at + 1;
    while (end < this.source.length && end - this.#at <= 64 && /[\p{L}\p{N}._-]/u.test(this.source[end] ?? ''))
      end += 1;
    while (/[.-]/.test(this.source[end - 1] ?? '')) end -= 1;
    if (end === this.#at + 1) return false;
    this.#push({ type: 'mention', name: this.source.slice(this.#at + 1, end) });
    this.#at = end;
    return true;
  }

  #styled(): boolean {
    if (this.depth >= depthMax) return false;
    for (const [mark, type] of delimiters) {
      if (!this.source.startsWith(mark, this.#at)) continue;
      const inside = this.#at + mark.length;
      const opens = !isSpace(this.source[inside]) && (!mark.startsWith('_') || !isWord(this.source[this.#at - 1]));
      const end = opens ? this.#closing(mark, inside) : -1;
      if (end === -1) continue;
      this.#push({ type, children: parseInline(this.source.slice(inside, end), this.depth + 1) });
      this.#at = end + mark.length;
      return true;
    }
    return false;
  }

  /** Where the next mark is that can close; a few are looked at. */
  #closing(mark: string, inside: number): number {
    let end = this.#find(mark, inside + 1);
    for (let tries = 0; end !== -1 && tries < 8; tries += 1) {
      const isDouble = mark.length === 1 && (this.source[end + 1] === mark || this.source[end - 1] === mark);
      const isInside = mark.startsWith('_') && isWord(this.source[end + mark.length]);
      if (!isSpace(this.source[end - 1]) && !isDouble && !isInside) return end;
      end = this.source.indexOf(mark, end + (isDouble ? 2 : 1));
    }
    return -1;
  }
}

/** The inline nodes of a text. */
export const parseInline = (source: string, depth = 0): readonly Inline[] => new InlineParser(source, depth).parse();
