import { basename } from 'node:path';
import { readFileSync } from 'node:fs';
import { type CommandOptions, type CommandValues, readCommandLine, usageCode } from '@parley/scripts/command-line';

/** An option whose value is a whole number of at least `min`. */
export const whole = (help: string, min = 1) => ({ type: 'string', value: '<n>', whole: [min, 1e12], help }) as const;

/** An option with a text for its value. */
export const text = (value: string, help: string) => ({ type: 'string', value, help }) as const;

/** An option that is given or not. */
export const flag = (help: string) => ({ type: 'boolean', help }) as const;

/** An option that is on unless `--no-<name>` is given; `help` says what that does. */
export const flagOn = (help: string) => ({ type: 'boolean', default: true, help }) as const;

/** The options of the proof that runs; what it is about is the comment at its head. See `readCommandLine`. */
export const readOptions = <const Options extends CommandOptions>(
  options: Options,
  words: readonly string[] = [],
): { readonly values: CommandValues<Options>; readonly positionals: readonly string[] } => {
  const [, file = ''] = process.argv;
  const [head = ''] = readFileSync(file, 'utf8').split(/^(?!\/\/)/m, 1);
  return readCommandLine({
    command: `npm run prove -- ${basename(file, '.js')}`,
    about: head.replaceAll(/^\/\/ ?/gm, '').trim(),
    options,
    words,
    refuseWith: usageCode,
  });
};

/** The seed of a run: the given one, or one of a million. */
export const seedOf = (given: number | undefined): number => given ?? Date.now() % 1_000_000;
