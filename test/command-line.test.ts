// What the scripts of package.json say when they are asked for help, or asked wrongly: nothing is started for that.
import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { root } from './root.js';
import { manifest, refused, run } from './run-script.js';

const proofs = readdirSync(`${root}/test/system`)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -3));

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
