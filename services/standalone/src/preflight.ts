import { databaseUrlMistake } from '@parley/postgres/database-url';
import { StartError, type TlsFiles, checkListenable } from '@parley/runtime';

export interface PreflightOptions {
  readonly host: string;
  readonly port: number;
  readonly databaseUrl: string | undefined;
  readonly databaseTls: TlsFiles | undefined;
  /** One or more URLs, separated by commas. */
  readonly natsUrl: string | undefined;
  readonly natsTls: TlsFiles | undefined;
}

const schemas = ['auth', 'topics', 'chat', 'signaling'];
const answerWithinMs = 1_000;

/** Rejects with a StartError within 2 s if a later step of the start would fail: before PostgreSQL is started or written to. */
export const preflight = async (options: PreflightOptions): Promise<void> => {
  const checks = [checkListenable(options), databaseUsable(options), natsUsable(options)];
  for (const outcome of await Promise.allSettled(checks)) if (outcome.status === 'rejected') throw outcome.reason;
};

const databaseUsable = async ({ databaseUrl: url, databaseTls }: PreflightOptions): Promise<void> => {
  if (url === undefined) return;
  const mistake = databaseUrlMistake(url);
  if (mistake !== null) throw new StartError(`DATABASE_URL ${mistake}.`);
  const { checkDatabase } = await import('@parley/postgres/check-database');
  const problem = await checkDatabase(url, schemas, { withinMs: answerWithinMs, tls: databaseTls });
  if (problem !== null) throw new StartError(`${problem.sentence}.`);
};

const natsUsable = async ({ natsUrl: urls, natsTls: tls }: PreflightOptions): Promise<void> => {
  if (urls === undefined) return;
  if (!urls.split(',').every((text) => URL.canParse(text.trim())))
    throw new StartError('NATS_URL is not usable; expected a URL.');
  const { checkNats } = await import('@parley/bus');
  const problem = await checkNats(urls, { withinMs: answerWithinMs, tls });
  if (problem !== null) throw new StartError(`${problem.sentence}.`);
};
