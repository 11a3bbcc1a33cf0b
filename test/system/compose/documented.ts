// The commands that docs/operations.md prints about backups of the compose stack and about imports into it, so that what is proved is what people copy.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { marked, type Token, type Tokens } from 'marked';
import { root } from '../../root.js';
import type { Project } from './project.js';

const file = 'docs/operations.md';
const heading = 'Backups of the stack';

const isHeading = (token: Token): token is Tokens.Heading => token.type === 'heading';

/** The shell blocks of the section, in the order printed: take a backup away, and bring it back. */
export const documentedBackup = (): { readonly backup: string; readonly restore: string } => {
  const tokens = marked.lexer(readFileSync(join(root, file), 'utf8'));
  const from = tokens.findIndex((token) => isHeading(token) && token.text === heading);
  const to = tokens.findIndex((token, at) => at > from && isHeading(token));
  const blocks = tokens
    .slice(from, to)
    .flatMap((token) =>
      token.type === 'code' && (token as Tokens.Code).lang === 'sh' ? [(token as Tokens.Code).text] : [],
    );
  const [start = '', backup = '', restore = ''] = blocks;
  if (
    from < 0 ||
    blocks.length !== 3 ||
    !start.includes('up') ||
    !backup.includes('print') ||
    !restore.includes('restore')
  )
    throw new Error(`${file}, ${heading}: expected three shell blocks: start, backup, restore`);
  return { backup, restore };
};

/** The command that imports a file into the stack, as it is printed with `--dry-run`. */
export const documentedImport = (source: string): { readonly dryRun: string; readonly run: string } => {
  const pattern = /`(docker compose run [^`]+ importer rooms chat\.db) --dry-run`/;
  const [, command] = pattern.exec(readFileSync(join(root, file), 'utf8')) ?? [];
  if (command === undefined) throw new Error(`${file} prints no command for imports into the stack of Compose`);
  const run = command.replace('chat.db', source);
  return { dryRun: `${run} --dry-run`, run };
};

/**
 * Runs commands as they are printed, with this Compose, this project, and the files of a backup in this folder. Gives back what they
 * print; rejects with it.
 */
export const runDocumented = async (
  block: string,
  { command, environment }: Project,
  folder = '.',
): Promise<string> => {
  const script = block
    .replaceAll('docker compose', command.join(' '))
    .replaceAll(/parley(?:\.dump|-secret\.txt)/g, (name) => join(folder, name));
  const child = spawn('sh', ['-eu', '-c', script], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`${script}\nended with ${code}:\n${output.slice(-3_000)}`);
  return output;
};
