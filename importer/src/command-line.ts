import { createRequire } from 'node:module';
import { Realm } from '@parley/contracts';
import { ConfigError, StartError, startFailure } from '@parley/runtime';
import { Argument, Command, CommanderError } from 'commander';
import { type Output, createProgress } from './progress.js';
import { SourceError, type SourceName, sourceNames } from './records.js';
import { runImport } from './run-import.js';
import { openSource } from './sources/open-source.js';
import { openTarget } from './target/open-target.js';

interface ImportFlags {
  readonly realm?: string;
  readonly dryRun?: boolean;
  readonly files?: string;
  readonly timeZone?: string;
  readonly report?: string;
  readonly folder?: string;
}

/** What the command reads and writes. */
export interface Terminal {
  readonly environment: NodeJS.ProcessEnv;
  readonly out: Output;
  readonly error: Output;
  readonly signal: AbortSignal;
}

const versionOf = (): string => (createRequire(import.meta.url)('../../package.json') as { version: string }).version;

/** Runs `parley …` and returns its exit code: 1 after one sentence on standard error for what is in the way. */
export const runCommandLine = async (words: readonly string[], terminal: Terminal): Promise<number> => {
  const program = new Command('parley')
    .description('Commands for the operator of Parley.')
    .version(versionOf())
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.out.write(text), writeErr: (text) => terminal.error.write(text) });
  addImport(program, terminal);
  try {
    await program.parseAsync([...words], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    terminal.error.write(`${failureText(error, terminal.signal)}\n`);
    return 1;
  }
};

const failureText = (error: unknown, signal: AbortSignal): string => {
  if (signal.aborted) return 'Interrupted. Run the same command again: it goes on where it was.';
  if (error instanceof SourceError) return /[.!?]$/.test(error.message) ? error.message : `${error.message}.`;
  if (error instanceof StartError || error instanceof ConfigError) return error.message;
  return startFailure(error);
};

const addImport = (program: Command, terminal: Terminal): void => {
  program
    .command('import')
    .description('Moves the data of an old server into an empty realm (docs/import.md).')
    .addArgument(new Argument('<server>', 'the old server').choices(sourceNames))
    .argument('<url or file>', 'its database: a postgres: or redis: URL, or the path of an SQLite file')
    .option('--realm <name>', 'the realm to fill (default: the name of the server)')
    .option('--dry-run', 'only read the source and write the report')
    .option('--files <folder>', 'the folder uploads of rooms')
    .option('--time-zone <name>', 'the zone of times that have none (default: that of the database)')
    .option('--report <file>', 'the report as JSON lines (default: parley-import-<realm>.jsonl)')
    .option('--folder <path>', 'the data folder of a stopped standalone (PARLEY_FOLDER, default .parley)')
    .addHelpText('after', '\nWith NATS_URL set, the target is the stack that it names (user importer).')
    .action((name: SourceName, location: string, flags: ImportFlags) => importFrom(name, location, flags, terminal));
};

const importFrom = async (
  name: SourceName,
  location: string,
  { realm: asked, dryRun = false, files, timeZone, report, folder }: ImportFlags,
  { environment, out, signal }: Terminal,
): Promise<void> => {
  const realm = Realm.safeParse(asked ?? name);
  if (!realm.success) throw new StartError('--realm: a realm is 1 to 32 of a-z, 0-9 and -, and begins with a letter.');
  const progress = createProgress(out);
  await runImport({
    realm: realm.data,
    dryRun,
    reportFile: report ?? `parley-import-${realm.data}.jsonl`,
    progress,
    signal,
    openSource: () => openSource(name, { location, files, timeZone, now: new Date() }),
    openTarget: () => openTarget(environment, folder, (text) => progress.say(text)),
  });
};
