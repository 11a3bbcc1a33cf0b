import { ParleyClient, signIn, signUp } from '@parley/client';
import type { ClientOptions, ClientState, Grant, Tokens } from '@parley/client';
import { afterEach } from 'vitest';
import { unique } from '../clients/http.js';

export const password = 'correct horse';

export interface TestAccount {
  readonly username: string;
  readonly grant: Grant;
  /** Signs in anew. */
  readonly again: () => Promise<Grant>;
}

/** A new account on the Parley at `url`. */
export const newAccount = async (url: string): Promise<TestAccount> => {
  const username = unique('sdk');
  const grant = await signUp({ url, username, password });
  return { username, grant, again: () => signIn({ url, login: username, password }) };
};

/** A client and everything that it handed over or asked for. */
export interface TestClient {
  readonly client: ParleyClient;
  readonly states: readonly ClientState[];
  /** `<sequence>:<text>` of messages of attached channels, and of the inbox. */
  readonly channel: readonly string[];
  readonly inbox: readonly string[];
  /** Paths of REST requests. */
  readonly calls: readonly string[];
  refreshes(): number;
}

export const refreshPath = '/v1/sessions/refresh';

/** The URL of a request, as `fetch` takes it. */
export const addressOf = (input: Parameters<typeof fetch>[0]): string =>
  input instanceof Request ? input.url : input.toString();

const watched = (options: ClientOptions): TestClient => {
  const calls: string[] = [];
  const { fetch: send = fetch } = options;
  const client = new ParleyClient({
    backoff: { baseMs: 20, maxMs: 100 },
    ...options,
    fetch: (input, init) => {
      calls.push(new URL(addressOf(input)).pathname);
      return send(input, init);
    },
  });
  const states: ClientState[] = [];
  const channel: string[] = [];
  const inbox: string[] = [];
  client.on('state', (state) => states.push(state));
  client.onMessage(({ message, inboxSequence }) => {
    const text = message.content.type === 'text' ? message.content.text : '';
    (inboxSequence === undefined ? channel : inbox).push(`${inboxSequence ?? message.sequence}:${text}`);
  });
  const refreshes = () => calls.filter((path) => path === refreshPath).length;
  return { client, states, channel, inbox, calls, refreshes };
};

/** What makes the clients of a test file; each test's are closed after it. `url`: asked for when a client names none. */
export const clientsOf = (url: () => string) => {
  const open: ParleyClient[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((client) => client.close()));
  });
  return (options: Partial<ClientOptions>): TestClient => {
    const made = watched({ url: url(), ...options });
    open.push(made.client);
    return made;
  };
};

/** Tokens whose access token the server does not take. */
export const withBadAccess = ({ refreshToken }: Grant): Tokens => ({ accessToken: 'no.such.token', refreshToken });

/** What a `TestClient` notes of messages `m<from>` to `m<to>` that are alone in their stream. */
export const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, n) => `${from + n}:m${from + n}`);
