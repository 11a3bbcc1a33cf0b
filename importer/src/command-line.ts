import { createRequire } from 'node:module';
import { Command } from 'commander';

const versionOf = (): string => (createRequire(import.meta.url)('../../package.json') as { version: string }).version;

/** Runs `parley …` and returns its exit code: 1 after one sentence on standard error for what is in the way. */
export const runCommandLine = async (words: readonly string[], _environment: NodeJS.ProcessEnv): Promise<number> => {
  await new Command('parley')
    .description('Commands for the operator of Parley.')
    .version(versionOf())
    .parseAsync([...words], { from: 'user' });
  return 0;
};
