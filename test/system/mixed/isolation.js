// What somebody of one realm tries at the wires of the others: every token at every other socket and REST, the same name with the
// password of another realm, ids of another realm.
import { randomUUID } from 'node:crypto';
import { openSocket } from '@parley/testing';
import { nameOf, passwordOf, wires } from './wires.js';

const status = async (method, url, { token, body, form } = {}) => {
  const { status: code } = await fetch(url, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...((body || form) && { body: form ? new URLSearchParams(form) : JSON.stringify(body) }),
  });
  return code;
};

const withMount = (url, wire) => `${url}/wires/${wire}`;

/** What it was told and how it was closed; what is not refused is not closed, and so found out. */
const atSocket = async (url, headers) => {
  const socket = await openSocket(url, { headers });
  const late = new Promise((resolve) => setTimeout(resolve, 10_000, null));
  const closed = await Promise.race([socket.closed, late]);
  socket.socket.terminate();
  return { code: closed?.code ?? null, received: socket.received };
};

const refusedWith = new Set([1008, 4001, 4401]);

/** Every token at every other wire's socket and REST. */
const tokensElsewhere = async (parties) => {
  const came = [];
  let tried = 0;
  for (const [from, { clients }] of parties) {
    const { token, url } = clients[tried % clients.length];
    for (const [to, { place }] of parties) {
      if (to === from) continue;
      tried += 2;
      const { own } = wires[to];
      const mounted = withMount(url, to);
      const { code, received } = await atSocket(mounted + own.socket(place, token), own.headers?.(token) ?? {});
      if (!refusedWith.has(code) || received.length > 1)
        came.push(`${from} at the socket of ${to}: ${code} ${JSON.stringify(received)}`);
      const body = { topic_id: `of-${from}` };
      const answer = own.create
        ? await status('POST', `${mounted}${own.create}?token=${token}`, { body })
        : await status('GET', mounted + own.path, { token });
      if (answer !== 401 && answer !== 403) came.push(`${from} at REST of ${to}: ${answer}`);
    }
  }
  return { came, tried };
};

const signIns = {
  rooms: (url, username, password) => status('POST', `${url}/api/auth/login`, { body: { username, password } }),
  fluent: (url, username, password) => status('POST', `${url}/auth/login`, { body: { username, password } }),
  conversations: (url, username, password) => status('POST', `${url}/auth/token`, { form: { username, password } }),
  v1: (url, login, password) => status('POST', `${url}/v1/sessions`, { body: { login, password } }),
};

/** The same user name is somebody else in each realm. */
const namesElsewhere = async (url, index) => {
  const came = [];
  let tried = 0;
  for (const [wire, signIn] of Object.entries(signIns)) {
    for (const other of Object.keys(signIns)) {
      const answer = await signIn(url, nameOf(index), passwordOf(other));
      tried += 1;
      const isIn = answer === 200 || answer === 201;
      if (isIn !== (wire === other)) came.push(`${wire} with the password of ${other}: ${answer}`);
    }
  }
  return { came, tried };
};

/** Ids that are good elsewhere: a device writes to an account of v1, and v1 to the device. */
const idsElsewhere = async (parties, marker) => {
  const [person] = parties.get('v1').clients;
  // One of its own: a second connection of those who talk would take over what the first one hears.
  const device = { url: person.url, ...(await wires.swifty.signUp(person.url, `at-the-wall-${randomUUID()}`)) };
  const came = [];
  const words = { timestamp: 1, priority: 'x', subject: 'x', acknowledge: false, action: 'x', event: '', status: 'x' };
  const msgid = randomUUID();
  const to = { to: person.id, from: device.uuid, msgid, content: marker, conversation_id: 'x', msgno: 1, ...words };
  const socket = await openSocket(`${device.url}/wires/swifty/ws?token=${device.token}`);
  socket.send(to);
  const said = await socket.waitFor((frame) => frame.msgid === msgid || frame.type === 'error');
  if (said.type !== 'error') came.push(`a device reached an account of v1: ${JSON.stringify(said)}`);
  socket.socket.terminate();
  const answer = await status('POST', `${person.url}/v1/directs`, {
    token: person.token,
    body: { accountId: device.uuid },
  });
  if (answer !== 404) came.push(`v1 found a device: ${answer}`);
  return { came, tried: 2 };
};

/** Everything once; `came` is what should have been refused and was not. */
export const tryWalls = async (parties, marker) => {
  const { url } = parties.get('v1').clients[0];
  const all = [await tokensElsewhere(parties), await namesElsewhere(url, 1), await idsElsewhere(parties, marker)];
  return { came: all.flatMap(({ came }) => came), tried: all.reduce((sum, { tried }) => sum + tried, 0) };
};
