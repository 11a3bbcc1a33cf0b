import { createServer } from 'node:net';
import { StartError } from './start-error.js';

/** An address to listen on, and the variables by which the operator sets it. */
export interface ListenPlace {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Default: HOST and PORT. */
  readonly variables?: { readonly host: string; readonly port: string };
}

const resolveWithinMs = 1_000;
const gatewayVariables = { host: 'HOST', port: 'PORT' };

const unresolved = ({ host }: ListenPlace): Mistake => [
  'host',
  `${host} is neither an address nor a name that this machine can resolve.`,
];

type Mistake = readonly [variable: 'host' | 'port', sentence: string];

const mistakes: Readonly<Record<string, (place: ListenPlace) => Mistake>> = {
  EADDRINUSE: ({ port }) => [
    'port',
    `another process already listens on port ${port}; stop it or choose another port.`,
  ],
  EACCES: ({ port }) => ['port', `this user may not listen on port ${port}; choose one above 1023.`],
  EADDRNOTAVAIL: ({ host }) => [
    'host',
    `${host} is not an address of this machine; 127.0.0.1 is this machine alone, 0.0.0.0 every address.`,
  ],
  EAFNOSUPPORT: ({ host }) => ['host', `this machine has no such kind of address as ${host}.`],
  EINVAL: ({ host }) => [
    'host',
    `${host} cannot be listened on; a link-local address needs its interface, as in fe80::1%eth0.`,
  ],
  ENOTFOUND: unresolved,
  EAI_AGAIN: unresolved,
};

/** Turns an error of `listen` into a StartError that names the variable; any other error is returned unchanged. */
export const listenError = (error: Error, place: ListenPlace): Error => {
  const mistake = mistakes[(error as NodeJS.ErrnoException).code ?? '']?.(place);
  return mistake === undefined ? error : sentenceFor(mistake, place);
};

const sentenceFor = ([variable, sentence]: Mistake, { variables = gatewayVariables }: ListenPlace): StartError =>
  new StartError(`${variables[variable]}: ${sentence}`);

/** Checks that the process can listen there, by listening for a moment. Rejects with a StartError, after 1 s at most. */
export const checkListenable = (place: ListenPlace): Promise<void> =>
  new Promise((done, fail) => {
    const late = setTimeout(() => fail(sentenceFor(unresolved(place), place)), resolveWithinMs);
    const server = createServer();
    server.once('error', (error) => {
      clearTimeout(late);
      fail(listenError(error, place));
    });
    server.listen({ host: place.host, port: place.port }, () => {
      clearTimeout(late);
      server.close(() => done());
    });
  });
