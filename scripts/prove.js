// npm run prove -- <name>: what takes long, with its figures. Each proof is a file in prove/ that ends with 0 when it holds.
import { readdirSync } from 'node:fs';
import { spawn } from 'node:child_process';

const folder = new URL('../prove/', import.meta.url);
const names = readdirSync(folder)
  .filter((file) => /^[a-z-]+\.js$/.test(file))
  .map((file) => file.replace(/\.js$/, ''))
  .sort();

// npm takes the first `--` for itself; a second one, before options, is as good.
const [name, ...rest] = process.argv.slice(2).filter((each, at) => at !== 1 || each !== '--');
if (!names.includes(name)) {
  console.error(`npm run prove -- <name>, one of: ${names.join(', ')}`);
  process.exit(2);
}
const began = Date.now();
const child = spawn(process.execPath, [new URL(`${name}.js`, folder).pathname, ...rest], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  console.log(`\nprove ${name}: ${code === 0 ? 'holds' : `does NOT hold (${signal ?? code})`} · ${seconds} s`);
  process.exit(code ?? 1);
});
