import { connect } from 'node:net';
import { StartError, checkListenable } from '@parley/runtime';

export interface PreflightOptions {
  readonly host: string;
  readonly port: number;
  readonly databaseUrl: string | undefined;
  /** One or more URLs between commas. */
  readonly natsUrl: string | undefined;
}

const schemas = ['auth', 'topics', 'chat', 'signaling'];
const answerWithinMs = 1_200;

/** Rejects with a StartError, within 2 s, for what would let a start fail later: before PostgreSQL is started or written to. */
export const preflight = async (options: PreflightOptions): Promise<void> => {
  const checks = [checkListenable(options), databaseUsable(options.databaseUrl), natsAnswers(options.natsUrl)];
  for (const outcome of await Promise.allSettled(checks)) if (outcome.status === 'rejected') throw outcome.reason;
};

const databaseUsable = async (url: string | undefined): Promise<void> => {
  if (url === undefined) return;
  const { checkDatabase } = await import('@parley/postgres');
  const problem = await checkDatabase(url, schemas, answerWithinMs);
  if (problem !== null) throw new StartError(`${problem.sentence}.`);
};

const natsAnswers = async (urls: string | undefined): Promise<void> => {
  if (urls === undefined) return;
  const places = urls.split(',').map((text) => {
    if (!URL.canParse(text.trim())) throw new StartError('NATS_URL is not usable; expected a URL.');
    const { hostname, port } = new URL(text.trim());
    return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 4222) };
  });
  const reached = await Promise.all(places.map(({ host, port }) => connects(host, port)));
  if (reached.some(Boolean)) return;
  const names = places.map(({ host, port }) => `${host}:${port}`).join(', ');
  throw new StartError(`NATS_URL: no NATS answers at ${names}.`);
};

const connects = (host: string, port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect({ host, port });
    const end = (reached: boolean): void => {
      socket.destroy();
      done(reached);
    };
    socket.setTimeout(answerWithinMs, () => end(false));
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
