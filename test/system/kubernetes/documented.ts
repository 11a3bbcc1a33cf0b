// The commands that docs/operations.md prints about Kubernetes, so that what is proved is what people copy.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { marked, type Token, type Tokens } from 'marked';
import { root } from '../../root.js';

const file = 'docs/operations.md';

const asHeading = (token: Token): Tokens.Heading | null =>
  token.type === 'heading' && (token as Tokens.Heading).depth === 2 ? (token as Tokens.Heading) : null;

const readSection = (heading: string): Token[] => {
  const tokens = marked.lexer(readFileSync(join(root, file), 'utf8'));
  const from = tokens.findIndex((token) => asHeading(token)?.text === heading);
  const to = tokens.findIndex((token, at) => at > from && asHeading(token) !== null);
  if (from < 0) throw new Error(`${file} has no section ${heading}`);
  return tokens.slice(from, to < 0 ? undefined : to);
};

/** The shell blocks of the section in the order in which they are printed. */
export interface DocumentedBlocks {
  /** Builds and pushes the images. */
  readonly images: string;
  readonly install: string;
  /** Makes the Secret of an installation with stores of its own, and installs it. */
  readonly external: string;
  /** Deletes what an uninstalled release leaves. */
  readonly remove: string;
}

/** The shell blocks of a section, each with its mark in it; throws when the section has others than those that the proof knows. */
const blocksOf = (heading: string, marks: readonly string[]): string[] => {
  const codes = readSection(heading).flatMap((token) => (token.type === 'code' ? [token as Tokens.Code] : []));
  const blocks = codes.flatMap(({ lang, text }) => (lang === 'sh' ? [text] : []));
  if (blocks.length !== marks.length || !marks.every((mark, at) => blocks[at]?.includes(mark)))
    throw new Error(
      `${file}, ${heading}: expected ${marks.length} shell blocks, with ${marks.join(', ')} in this order`,
    );
  return blocks;
};

/** How the data of a release is stored, and how it is restored. */
export const documentedBackup = (): { readonly backup: string; readonly restore: string } => {
  const [, backup = '', restore = ''] = blocksOf('Back up and restore', ['pg_dump', 'kubectl exec', 'pg_restore']);
  return { backup, restore };
};

export const documentedBlocks = (): DocumentedBlocks => {
  const marks = ['docker push', 'helm install', 'kubectl create secret', 'kubectl delete secret'];
  const [images = '', install = '', external = '', remove = ''] = blocksOf('Kubernetes', marks);
  return { images, install, external, remove };
};

/** A command that the section Kubernetes prints within its text; throws when it does not. */
export const documented = (text: string): string => {
  const raw = readSection('Kubernetes')
    .map((token) => token.raw)
    .join('');
  if (!raw.includes(`\`${text}\``)) throw new Error(`${file} does not print \`${text}\``);
  return text;
};
