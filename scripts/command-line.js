// The command line of every script: --help, --version, and one sentence for what is wrong with it.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { nearestName } from '@parley/runtime/nearest-name';

const own = {
  help: { type: 'boolean', short: 'h', help: 'prints this and ends' },
  version: { type: 'boolean', help: 'prints the version of Parley and ends' },
};

/** What a program that `npm run prove` started ends with when its command line is wrong; that one then ends with 1. */
export const usageCode = 2;

/**
 * Reads options with `parseArgs` of node:util. `options`: by name, as for `parseArgs`, each with `help` and, unless it is a
 * boolean, `value`: what its help calls its value. A boolean whose default is true is switched off by `--no-<name>`. `whole:
 * [min, max]` makes the value a whole number. `words`: what may come beside options, by the name of each; the last takes several
 * when it ends with `…`. `args`: those of the process unless given. Returns `values` and `positionals`.
 *
 * Ends the process with 0 after --help and --version; with `refuseWith` (1) and one sentence for an unknown option (with the one that was
 * probably meant), a value that is missing, not wanted or no whole number of its range, and a word too many.
 */
export const readCommandLine = ({ command, about, options = {}, words = [], args, refuseWith = 1 }) => {
  const known = { ...options, ...own };
  const refuse = (problem) => end(refuseWith, `${problem} (${command} --help lists what there is).`);
  const { tokens, values, positionals } = parseArgs({
    args: args ?? process.argv.slice(2),
    options: Object.fromEntries(Object.entries(known).map(([name, option]) => [name, forParseArgs(option)])),
    strict: false,
    tokens: true,
    allowNegative: true,
  });
  for (const token of tokens) if (token.kind === 'option') checkOption(token, known, refuse);
  if (values.help) end(0, helpText({ command, about, options: known, words }));
  if (values.version) end(0, version());
  const wordsMax = words.at(-1)?.endsWith('…') ? Infinity : words.length;
  if (positionals.length > wordsMax) refuse(`${positionals[wordsMax]} is one word too many`);
  for (const [name, { whole }] of Object.entries(options))
    if (whole && values[name] !== undefined) values[name] = wholeNumber(values[name], name, whole, refuse);
  return { values, positionals };
};

/** A name beside the list of those there are, with the one that was probably meant. */
export const unknownName = (what, name, known) => {
  const meant = nearestName(name, known);
  return `There is no ${what} ${name}${meant ? `; did you mean ${meant}?` : ''}`;
};

/** Prints and ends the process: to standard error unless it went well. */
export const end = (code, text) => {
  (code === 0 ? process.stdout : process.stderr).write(`${text}\n`);
  process.exit(code);
};

const forParseArgs = ({ type, short, default: value }) => ({
  type,
  ...(short && { short }),
  ...(value !== undefined && { default: value }),
});

const version = () => JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;

const checkOption = ({ name: longName, rawName, value }, known, refuse) => {
  const name = rawName.startsWith('--') ? rawName.slice(2) : longName;
  const isNegative = name.startsWith('no-') && known[name.slice(3)]?.default === true;
  const option = known[isNegative ? name.slice(3) : name];
  if (option === undefined) {
    const meant = nearestName(name, Object.keys(known));
    refuse(`There is no option ${rawName}${meant ? `; did you mean --${meant}?` : ''}`);
  }
  if (option.type === 'boolean' && value !== undefined) refuse(`${rawName} takes no value`);
  // Without its value an option would take the next one for it.
  if (option.type === 'string' && (value === undefined || value.startsWith('--'))) refuse(`${rawName} needs a value`);
};

const wholeNumber = (text, name, [min, max], refuse) => {
  if (/^\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max) return Number(text);
  return refuse(`--${name} needs a whole number from ${min} to ${max}`);
};

const helpText = ({ command, about, options, words }) => {
  const spellings = Object.entries(options).map(([name, { type, value = '<text>', default: byDefault, help }]) => [
    `--${byDefault === true ? 'no-' : ''}${name}${type === 'boolean' ? '' : ` ${value}`}`,
    help,
  ]);
  const width = Math.max(...spellings.map(([spelling]) => spelling.length));
  const lines = spellings.map(([spelling, help = '']) => `  ${spelling.padEnd(width)}  ${help}`.trimEnd());
  return [[command, ...words.map((word) => `[${word}]`), '[options]'].join(' '), '', about, '', ...lines].join('\n');
};
