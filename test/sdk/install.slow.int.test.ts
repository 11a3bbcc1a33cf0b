// What a newcomer does: the SDK from its package in an empty folder, the README's example, types, ESM and CommonJS.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Settled, startWith } from '../options/platform.js';
import { newAccount, password } from './clients.js';
import { packSdk } from './packed.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const sdk = join(root, 'libs/client');

let parley: Settled;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parley-sdk-'));
  const install = () => packSdk(folder, ['ws']);
  [parley] = await Promise.all([startWith(), install()]);
});
afterAll(async () => {
  await parley.stop();
  rmSync(folder, { recursive: true, force: true });
});

const example = (): string => /```ts\n([\s\S]+?)```/.exec(readFileSync(join(sdk, 'README.md'), 'utf8'))?.[1] ?? '';

/** `example` as it is, for an account and an address that exist. */
const exampleFor = (username: string): string => {
  const replaced: [string, string][] = [
    ['http://127.0.0.1:8000', parley.url],
    ["login: 'ada'", `login: '${username}'`],
    ["password: '…'", `password: '${password}'`],
  ];
  let text = example();
  for (const [from, to] of replaced) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  return text;
};

test('the example of the README runs', async () => {
  const ada = await newAccount(parley.url);
  const file = join(folder, 'example.mjs');
  // What it does not show: how a program ends.
  writeFileSync(file, `${exampleFor(ada.username)}\nawait client.close();\n`);
  const { stdout, stderr } = await run(process.execPath, [file], { cwd: folder });
  expect(stderr).toBe('');
  expect(stdout).toContain("{ type: 'text', text: 'hello' } sent");
});

test.each([
  ['node16', 'node16'],
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
])('its types resolve with module %s and moduleResolution %s', async (module, moduleResolution) => {
  const name = `types-${moduleResolution}`;
  writeFileSync(
    join(folder, `${name}.mts`),
    `${exampleFor('ada')}\nconst text: string | undefined = channel.info.value?.title;\nvoid text;\n`,
  );
  const options = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022,dom'];
  const chosen = ['--module', module, '--moduleResolution', moduleResolution];
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  await expect(
    run(process.execPath, [tsc, ...options, ...chosen, `${name}.mts`], { cwd: folder }),
  ).resolves.toMatchObject({
    stdout: '',
  });
});

test('CommonJS has a form of its own', async () => {
  const script =
    "const { ParleyClient, signIn } = require('@parley/client'); console.log(typeof ParleyClient, typeof signIn, require.resolve('@parley/client').endsWith('dist/cjs/index.js'))";
  writeFileSync(join(folder, 'example.cjs'), script);
  const { stdout } = await run(process.execPath, [join(folder, 'example.cjs')], { cwd: folder });
  expect(stdout.trim()).toBe('function function true');
});
