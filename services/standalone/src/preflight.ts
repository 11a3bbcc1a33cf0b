import { createServer, connect } from 'node:net';
import { StartError } from '@parley/runtime';

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
  const checks = [
    listenable(options.host, options.port),
    databaseUsable(options.databaseUrl),
    natsAnswers(options.natsUrl),
  ];
  for (const outcome of await Promise.allSettled(checks)) if (outcome.status === 'rejected') throw outcome.reason;
};

const listenMistakes: Readonly<Record<string, (host: string, port: number) => string>> = {
  EADDRINUSE: (_host, port) => `PORT: another process already listens on port ${port}; stop it or choose another PORT.`,
  EACCES: (_host, port) => `PORT: this user may not listen on port ${port}; choose one above 1023.`,
  EADDRNOTAVAIL: (host) =>
    `HOST: ${host} is not an address of this machine; 127.0.0.1 is this machine alone, 0.0.0.0 every address.`,
  EAFNOSUPPORT: (host) => `HOST: this machine has no such kind of address as ${host}.`,
  EINVAL: (host) =>
    `HOST: ${host} cannot be listened on; a link-local address needs its interface, as in fe80::1%eth0.`,
  ENOTFOUND: (host) => `HOST: ${host} is neither an address nor a name that this machine can resolve.`,
  EAI_AGAIN: (host) => `HOST: ${host} is neither an address nor a name that this machine can resolve.`,
};

const listenable = (host: string, port: number): Promise<void> =>
  new Promise((done, fail) => {
    const late = setTimeout(() => fail(new StartError(listenMistakes['ENOTFOUND']?.(host, port))), answerWithinMs);
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(late);
      const sentence = listenMistakes[error.code ?? '']?.(host, port);
      fail(sentence === undefined ? error : new StartError(sentence));
    });
    server.listen({ host, port }, () => {
      clearTimeout(late);
      server.close(() => done());
    });
  });

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
