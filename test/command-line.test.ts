// What the scripts of package.json say when they are asked for help, or asked wrongly: nothing is started for that.
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as {
  version: string;
  scripts: Record<string, string>;
};
const proofs = readdirSync(`${root}/test/system`)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -3));

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const run = async (script: string, words: readonly string[], environment: Readonly<Record<string, string>> = {}) => {
  const [command, ...first] = (manifest.scripts[script] ?? '').split(' ');
  const file = command === 'node' ? process.execPath : (command ?? '');
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment };
  const child = spawn(file, [...first, ...words], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.on('data', (data: Buffer) => (said.out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (said.err += data.toString()));
  const code = await new Promise<number | null>((done) => child.once('close', done));
  return { code, out: said.out.trim(), err: said.err.trim() } satisfies Outcome;
};

/** One sentence on standard error, code 1, and not a word about anything that was begun. */
const refused = ({ code, out, err }: Outcome): string => {
  expect({ code, out, lines: err.split('\n').length }).toEqual({ code: 1, out: '', lines: 1 });
  return err;
};

const commands: readonly [string, readonly string[]][] = [
  ['stack', []],
  ['charts', []],
  ['bench', []],
  ['prove', []],
  // The lightest: `kill` loads the whole platform first.
  ['prove', ['slow-tests']],
];

test.each(commands)('npm run %s %j has --help and --version', async (script, words) => {
  const help = await run(script, [...words, '--help']);
  expect(help).toMatchObject({ code: 0, err: '' });
  expect(help.out).toContain(['npm run', script, '--', ...words].join(' '));
  for (const option of ['--help', '--version']) expect(help.out).toContain(option);
  expect(await run(script, [...words, '--version'])).toEqual({ code: 0, out: manifest.version, err: '' });
});

test.each(commands)(
  'npm run %s %j names an option that it does not know, and the one that was meant',
  async (...of) => {
    const [script, words] = of;
    expect(refused(await run(script, [...words, '--versoin']))).toMatch(
      /^There is no option --versoin; did you mean --version\? \(npm run .* --help lists what there is\)\.$/,
    );
  },
);

test.each(proofs)('prove %s reads its options as the others do', (name) => {
  const source = readFileSync(`${root}/test/system/${name}.ts`, 'utf8');
  expect(source).toMatch(/\breadOptions\(/);
  expect(source).not.toMatch(/parseArgs|process\.argv/);
});

test('npm run stack has --host, --port and --scale, and the others of bench and charts what they need', async () => {
  const [stack, bench, charts] = [
    await run('stack', ['--help']),
    await run('bench', ['-h']),
    await run('charts', ['-h']),
  ];
  for (const option of ['--host', '--port', '--scale']) expect(stack.out).toContain(option);
  for (const option of ['--quick', '--out']) expect(bench.out).toContain(option);
  expect(charts.out).toContain('[write | schemas]');
});

const wrong: readonly [string, readonly string[], RegExp][] = [
  ['stack', ['--port'], /^--port needs a value/],
  ['stack', ['--port', '--host', 'x'], /^--port needs a value/],
  ['stack', ['--port', '70000'], /^--port needs a whole number from 0 to 65535/],
  ['stack', ['--scale', 'chta=2'], /^--scale takes .*chat=1\.\.9.*: chta=2/],
  ['stack', ['chat=2'], /^chat=2 is one word too many/],
  ['bench', ['--runs', '0'], /^--runs needs a whole number from 1 to 20/],
  ['bench', ['--quick=yes'], /^--quick takes no value/],
  ['bench', ['--only', 'pusher'], /^--only needs socket\.io or parley/],
  ['bench', ['W4', '--only', 'ws'], /^--only needs some of parley, parley-one, socket\.io-insert with W4/],
  ['bench', ['W12'], /^There is no workload W12; did you mean W1\?/],
  ['charts', ['wirte'], /^There is no command wirte; did you mean write\?/],
  ['prove', [], /^Which proof\? One of: .*kill/],
  ['prove', ['kil'], /^There is no proof kil; did you mean kill\?/],
  ['prove', ['kill', '--seconds', 'ten'], /^--seconds needs a whole number/],
];

test.each(wrong)('npm run %s %j is one sentence', async (script, words, sentence) => {
  expect(refused(await run(script, words))).toMatch(sentence);
});

test('the stack says what is wrong with its settings before it starts a server', async () => {
  const taken = createServer();
  await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
  const port = String((taken.address() as AddressInfo).port);
  const said = async (environment: Readonly<Record<string, string>>, words: readonly string[] = []) =>
    refused(await run('stack', words, environment));
  try {
    expect(await said({}, ['--port', port])).toMatch(/^PORT: another process already listens on port \d+/);
    expect(await said({ PORT: port })).toMatch(/^PORT: another process already listens on port \d+/);
    expect(await said({}, ['--host', '192.0.2.1'])).toMatch(/^HOST: 192\.0\.2\.1 is not an address of this machine/);
    expect(await said({ PORT: 'x' })).toMatch(/PORT: is not usable; expected a whole number/);
    expect(await said({ PARLEY_HASHES_AT_ONCE: 'x' })).toMatch(/PARLEY_HASHES_AT_ONCE: is not usable/);
    const { err } = await run('stack', [], { PORT: port, PARLEY_HASHES_AT_ONC: '2', PARLEY_FOLDER: 'x' });
    expect(err.split('\n')).toEqual([
      'PARLEY_HASHES_AT_ONC is not a variable of Parley and has no effect; did you mean PARLEY_HASHES_AT_ONCE?',
      expect.stringMatching(/^PORT: another process/),
    ]);
  } finally {
    taken.close();
  }
});
