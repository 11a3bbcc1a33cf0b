// The command line of every script: --help, --version, and one sentence for what is wrong with it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { nearestName } from '@parley/runtime/nearest-name';
import { root } from './repository.js';

interface Described {
  readonly help?: string;
  readonly short?: string;
}

/** One whose default is true is switched off by `--no-<name>`. */
export interface BooleanOption extends Described {
  readonly type: 'boolean';
  readonly default?: boolean;
}

export interface TextOption extends Described {
  readonly type: 'string';
  /** What the help calls its value. */
  readonly value?: string;
  readonly default?: string;
  /** From and to: makes the value a whole number. */
  readonly whole?: readonly [number, number];
}

/** By name, as for `parseArgs` of node:util. */
export type CommandOptions = Readonly<Record<string, BooleanOption | TextOption>>;

type ValueOf<Option> =
  | (Option extends { readonly type: 'boolean' }
      ? boolean
      : Option extends { readonly whole: readonly [number, number] }
        ? number
        : string)
  | (Option extends { readonly default: string | boolean } ? never : undefined);

export type CommandValues<Options extends CommandOptions> = {
  readonly [Name in keyof Options]: ValueOf<Options[Name]>;
};

export interface Command<Options extends CommandOptions> {
  readonly command: string;
  readonly about: string;
  readonly options?: Options;
  /** What may come beside options, by the name of each; the last takes several when it ends with `…`. */
  readonly words?: readonly string[];
  /** Those of the process unless given. */
  readonly args?: readonly string[];
  /** The exit code for what is wrong. Default: 1. */
  readonly refuseWith?: number;
}

type Refuse = (problem: string) => never;

const own = {
  help: { type: 'boolean', short: 'h', help: 'prints this and ends' },
  version: { type: 'boolean', help: 'prints the version of Parley and ends' },
} as const satisfies CommandOptions;

/** What a program that `npm run prove` started ends with when its command line is wrong; that one then ends with 1. */
export const usageCode = 2;

/**
 * Ends the process with 0 after --help and --version; with `refuseWith` and one sentence for an unknown option (with the one that was
 * probably meant), a value that is missing, not wanted or no whole number of its range, and a word too many.
 */
export const readCommandLine = <const Options extends CommandOptions = Record<never, never>>(
  given: Command<Options>,
): { readonly values: CommandValues<Options>; readonly positionals: readonly string[] } => {
  const { command, words = [], args, refuseWith = 1 } = given;
  const options: CommandOptions = given.options ?? {};
  const known: CommandOptions = { ...options, ...own };
  const refuse: Refuse = (problem) => end(refuseWith, `${problem} (${command} --help lists what there is).`);
  const { tokens, values, positionals } = parseArgs({
    args: [...(args ?? process.argv.slice(2))],
    options: Object.fromEntries(Object.entries(known).map(([name, option]) => [name, forParseArgs(option)])),
    strict: false,
    tokens: true,
    allowNegative: true,
  });
  for (const token of tokens) if (token.kind === 'option') checkOption(token, known, refuse);
  if (values['help']) end(0, helpText({ ...given, options: known, words }));
  if (values['version']) end(0, version());
  const wordsMax = words.at(-1)?.endsWith('…') ? Infinity : words.length;
  if (positionals.length > wordsMax) refuse(`${positionals[wordsMax]} is one word too many`);
  const typed = Object.entries(options).map(([name, option]) => [name, typedValue(name, option, values[name], refuse)]);
  // checkOption and typedValue have made each value what its option says.
  return { values: Object.fromEntries(typed) as CommandValues<Options>, positionals };
};

/** A name beside the list of those there are, with the one that was probably meant. */
export const unknownName = (what: string, name: string, known: readonly string[]): string => {
  const meant = nearestName(name, known);
  return `There is no ${what} ${name}${meant ? `; did you mean ${meant}?` : ''}`;
};

/** Prints and ends the process: to standard error unless it went well. */
export const end: (code: number, text: string) => never = (code, text) => {
  (code === 0 ? process.stdout : process.stderr).write(`${text}\n`);
  process.exit(code);
};

const forParseArgs = ({ type, short, default: value }: BooleanOption | TextOption) => ({
  type,
  ...(short && { short }),
  ...(value !== undefined && { default: value }),
});

const version = (): string => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string };
  return manifest.version;
};

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
}

const checkOption = ({ name: longName, rawName, value }: OptionToken, known: CommandOptions, refuse: Refuse): void => {
  const name = rawName.startsWith('--') ? rawName.slice(2) : longName;
  const isNegative = name.startsWith('no-') && known[name.slice(3)]?.default === true;
  const option = known[isNegative ? name.slice(3) : name];
  if (option === undefined) {
    const meant = nearestName(name, Object.keys(known));
    return refuse(`There is no option ${rawName}${meant ? `; did you mean --${meant}?` : ''}`);
  }
  if (option.type === 'boolean' && value !== undefined) refuse(`${rawName} takes no value`);
  // Without its value an option would take the next one for it.
  if (option.type === 'string' && (value === undefined || value.startsWith('--'))) refuse(`${rawName} needs a value`);
};

const typedValue = (name: string, option: BooleanOption | TextOption, value: unknown, refuse: Refuse): unknown =>
  option.type === 'string' && option.whole && typeof value === 'string'
    ? wholeNumber(value, name, option.whole, refuse)
    : value;

const wholeNumber = (text: string, name: string, [min, max]: readonly [number, number], refuse: Refuse): number => {
  if (/^\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max) return Number(text);
  return refuse(`--${name} needs a whole number from ${min} to ${max}`);
};

const spellingOf = (name: string, option: BooleanOption | TextOption): string =>
  option.type === 'boolean'
    ? `--${option.default === true ? 'no-' : ''}${name}`
    : `--${name} ${option.value ?? '<text>'}`;

const helpText = ({ command, about, options = {}, words = [] }: Command<CommandOptions>): string => {
  const spellings = Object.entries(options).map(([name, option]) => ({
    spelling: spellingOf(name, option),
    help: option.help ?? '',
  }));
  const width = Math.max(...spellings.map(({ spelling }) => spelling.length));
  const lines = spellings.map(({ spelling, help }) => `  ${spelling.padEnd(width)}  ${help}`.trimEnd());
  return [[command, ...words.map((word) => `[${word}]`), '[options]'].join(' '), '', about, '', ...lines].join('\n');
};
