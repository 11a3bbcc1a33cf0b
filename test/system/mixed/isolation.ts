// What a client of one realm tries at the wires of the others: every token at every other socket and REST, the same name with the
// password of another realm, ids of another realm.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSocket } from '@parley/testing';
import { ask, type Request } from '../../clients/http.js';
import { aDevice, direct } from '../../clients/swifty.js';
import { at } from '../proof/random.js';
import { type Client, nameOf, passwordOf, type Place, type WireName, wires } from './wires.js';

/** The clients of a wire, and where they meet. */
export interface Realm {
  readonly clients: readonly Client[];
  readonly place: Place;
}
type Realms = ReadonlyMap<WireName, Realm>;

/** What should have been refused and was not, and how much was tried. */
export interface Tries {
  readonly accepted: string[];
  readonly tried: number;
}

const statusOf = async (method: string, url: string, request: Request = {}): Promise<number> =>
  (await ask(method, url, request)).status;

/** A socket that is not refused is not closed, and so found out. */
const closeCodeOf = async (url: string, headers: Readonly<Record<string, string>> = {}) => {
  using opened = await openSocket(url, { headers });
  const closed = await Promise.race([opened.closed, sleep(10_000, null, { ref: false })]);
  return { code: closed?.code ?? null, received: opened.received };
};

const refusedWith = new Set<number | null>([1008, 4001, 4401]);

const tryToken = async (from: WireName, to: WireName, { token, url }: Client, place: Place): Promise<string[]> => {
  const { guarded } = wires[to];
  const mounted = `${url}/wires/${to}`;
  const { path, headers } = guarded.socket(place, token);
  const { code, received } = await closeCodeOf(mounted + path, headers);
  const request = guarded.request(token);
  const body = request.body && { body: request.body };
  const status = await statusOf(request.method, mounted + request.path, { token, ...body });
  return [
    ...(refusedWith.has(code) && received.length <= 1
      ? []
      : [`${from} at the socket of ${to}: ${code} ${JSON.stringify(received)}`]),
    ...(status === 401 || status === 403 ? [] : [`${from} at REST of ${to}: ${status}`]),
  ];
};

/** Every token at every other wire's socket and REST. */
const tokensElsewhere = async (realms: Realms): Promise<Tries> => {
  const accepted: string[] = [];
  let tried = 0;
  for (const [from, { clients }] of realms) {
    const client = at(clients, tried);
    for (const [to, { place }] of realms) {
      if (to === from) continue;
      tried += 2;
      accepted.push(...(await tryToken(from, to, client, place)));
    }
  }
  return { accepted, tried };
};

const passwordWires = ['rooms', 'fluent', 'conversations', 'v1'] as const;
type PasswordWire = (typeof passwordWires)[number];

const signIns: Readonly<Record<PasswordWire, (url: string, username: string, password: string) => Promise<number>>> = {
  rooms: (url, username, password) => statusOf('POST', `${url}/api/auth/login`, { body: { username, password } }),
  fluent: (url, username, password) => statusOf('POST', `${url}/auth/login`, { body: { username, password } }),
  conversations: (url, username, password) =>
    statusOf('POST', `${url}/auth/token`, { body: new URLSearchParams({ username, password }) }),
  v1: (url, login, password) => statusOf('POST', `${url}/v1/sessions`, { body: { login, password } }),
};

/** The same user name is another account in each realm. */
const namesElsewhere = async (url: string, index: number): Promise<Tries> => {
  const accepted: string[] = [];
  for (const wire of passwordWires) {
    for (const other of passwordWires) {
      const status = await signIns[wire](url, nameOf(index), passwordOf(other));
      const isSignedIn = status === 200 || status === 201;
      if (isSignedIn !== (wire === other)) accepted.push(`${wire} with the password of ${other}: ${status}`);
    }
  }
  return { accepted, tried: passwordWires.length ** 2 };
};

/** Ids that are good elsewhere: a device writes to an account of v1, and v1 to the device. */
const idsElsewhere = async ({ url, token, id }: Client, marker: string): Promise<Tries> => {
  // One of its own: a second connection of a client that sends would take over what the first one receives.
  const device = await aDevice(url, `stranger-${randomUUID()}`);
  const message = direct(device, { uuid: String(id) }, { content: marker, acknowledge: false });
  using opened = await openSocket(`${url}/wires/swifty/ws?token=${device.token}`);
  opened.send(message);
  const answer = await opened.waitFor(({ msgid, type }) => msgid === message.msgid || type === 'error');
  const status = await statusOf('POST', `${url}/v1/directs`, { token, body: { accountId: device.uuid } });
  return {
    accepted: [
      ...(answer.type === 'error' ? [] : [`a device reached an account of v1: ${JSON.stringify(answer)}`]),
      ...(status === 404 ? [] : [`v1 found a device: ${status}`]),
    ],
    tried: 2,
  };
};

/** Everything once. */
export const tryIsolation = async (realms: Realms, marker: string): Promise<Tries> => {
  const client = at(realms.get('v1')?.clients ?? [], 0);
  const all = [await tokensElsewhere(realms), await namesElsewhere(client.url, 1), await idsElsewhere(client, marker)];
  return {
    accepted: all.flatMap(({ accepted }) => accepted),
    tried: all.reduce((sum, { tried }) => sum + tried, 0),
  };
};
