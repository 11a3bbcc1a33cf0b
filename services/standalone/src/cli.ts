import { createRequire } from 'node:module';
import { Command, Option } from 'commander';

export interface CommandLine {
  /** The environment with the command-line options applied; an option takes precedence over its variable. */
  readonly environment: NodeJS.ProcessEnv;
  /** Readable log lines instead of JSON. */
  readonly pretty: boolean;
}

interface Options {
  readonly host?: string;
  readonly port?: string;
  readonly folder?: string;
  readonly log?: 'json' | 'pretty';
}

const versionOf = (): string => (createRequire(import.meta.url)('../../package.json') as { version: string }).version;

/** Exits the process on --help and --version (code 0) and on unknown arguments (code 1, with a suggestion). */
export const readCommandLine = (words: readonly string[], environment: NodeJS.ProcessEnv): CommandLine => {
  const { host, port, folder, log } = new Command('npm start --')
    .description('Parley in one process, with a PostgreSQL of its own unless DATABASE_URL is set.')
    .option('--host <address>', 'address to listen on; 0.0.0.0 for every address (HOST, default 127.0.0.1)')
    .option('--port <number>', 'port to listen on (PORT, default 8000)')
    .option('--folder <path>', 'where data, secret and log are kept (PARLEY_FOLDER, default .parley)')
    .addOption(
      new Option('--log <form>', 'form of the log; pretty on a terminal, json elsewhere').choices(['json', 'pretty']),
    )
    .version(versionOf())
    .allowExcessArguments(false)
    .addHelpText('after', '\nEvery other setting is an environment variable: docs/configuration.md.')
    .parse([...words], { from: 'user' })
    .opts<Options>();
  const given = { HOST: host, PORT: port, PARLEY_FOLDER: folder };
  return {
    environment: {
      ...environment,
      ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    },
    pretty: log === undefined ? process.stdout.isTTY : log === 'pretty',
  };
};
