import { basename } from 'node:path';
import { readFileSync } from 'node:fs';
import { readCommandLine, usageCode } from '@parley/scripts/command-line';

/** An option whose value is a whole number of at least `min`. */
export const whole = (help, min = 1) => ({ type: 'string', value: '<n>', whole: [min, 1e12], help });

/** An option with a text for its value. */
export const text = (value, help) => ({ type: 'string', value, help });

/** The options of the proof that runs; what it is about is the comment at its head. See `readCommandLine`. */
export const readOptions = (options = {}, words = []) => {
  const [, file] = process.argv;
  const [head] = readFileSync(file, 'utf8').split(/^(?!\/\/)/m, 1);
  return readCommandLine({
    command: `npm run prove -- ${basename(file, '.js')}`,
    about: head.replaceAll(/^\/\/ ?/gm, '').trim(),
    options,
    words,
    refuseWith: usageCode,
  });
};
