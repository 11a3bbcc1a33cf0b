// npm run prove -- <name>: what takes long, with its figures. Each proof is a file in test/system/ that ends with 0 when it holds.
import { existsSync, readdirSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { end, readCommandLine, unknownName, usageCode } from './command-line.js';
import { root } from './repository.js';

const names = readdirSync(join(root, 'test/system'))
  .filter((file) => /^[a-z-]+\.ts$/.test(file))
  .map((file) => file.replace(/\.ts$/, ''))
  .sort();

// npm takes the first `--` for itself; a second one, before options, is as good.
const args = process.argv.slice(2).filter((each, at) => at !== 1 || each !== '--');
const isNamed = args[0]?.startsWith('-') === false;
// The options behind a name are those of that proof.
const { positionals } = readCommandLine({
  command: 'npm run prove --',
  about: `What takes long, with its figures. Names: ${names.join(', ')}.
\`npm run prove -- <name> --help\` lists the options of one; docs/testing.md says what each shows.`,
  words: ['name'],
  args: isNamed ? args.slice(0, 1) : args,
});
const [name = ''] = positionals;
if (name === '') end(1, `Which proof? One of: ${names.join(', ')}.`);
if (!names.includes(name)) end(1, `${unknownName('proof', name, names)} (npm run prove -- --help lists them).`);

const program = join(root, 'test/dist/system', `${name}.js`);
if (!existsSync(program)) end(1, `The proof ${name} is not compiled: run \`npm run build\` first.`);
const began = performance.now();
const child = spawn(process.execPath, [program, ...args.slice(1)], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
const asksOnly = args.slice(1).some((each) => ['--help', '-h', '--version'].includes(each));
child.on('exit', (code, signal) => {
  if (code === usageCode) process.exit(1);
  if (asksOnly) process.exit(code ?? 1);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`\nprove ${name}: ${code === 0 ? 'holds' : `does NOT hold (${signal ?? code})`} · ${seconds} s`);
  process.exit(code ?? 1);
});
