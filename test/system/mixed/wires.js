// Clients of each wire as small as they can be, each wire in its own realm, all with the same names. What they say carries a
// marker; a conversation of them (a stream) knows who has to hear it, and what its history is.
import { randomUUID } from 'node:crypto';
import { openSocket } from '@parley/testing';

/** One request; throws when it is refused. */
const ask = async (method, url, { token, body, form } = {}) => {
  const answer = await fetch(url, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...((body || form) && { body: form ? new URLSearchParams(form) : JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text.slice(0, 300)}`);
  return text === '' ? undefined : JSON.parse(text);
};

/** The same in every realm. */
export const lounge = 'Lounge';
export const nameOf = (index) => `client-${index}`;
/** So that nobody signs in elsewhere by accident. */
export const passwordOf = (wire) => `password of ${wire}`;

const all = (clients) => clients.map(({ index }) => index);
const but = (index, clients) => all(clients).filter((one) => one !== index);

const rooms = {
  async signUp(url, index) {
    const body = { username: nameOf(index), password: passwordOf('rooms') };
    await ask('POST', `${url}/api/auth/signup`, { body });
    return { token: (await ask('POST', `${url}/api/auth/login`, { body })).access_token };
  },
  async gather([first]) {
    const { id } = await ask('POST', `${first.url}/api/rooms`, { token: first.token, body: { name: lounge } });
    return { id, numbers: [id] };
  },
  async open({ url, token }, { id }) {
    const socket = await openSocket(`${url}/ws/chat/${id}?token=${token}`);
    await socket.waitFor('connected');
    return socket;
  },
  /** Whom the nth message is for, and how it is said. */
  say(client, n, marker, { clients }) {
    client.socket.send({ type: 'message', content: marker });
    return { stream: 'room', hearers: but(client.index, clients) };
  },
  refused: ({ type }) => type === 'error',
  async histories([{ url, token }], { id }) {
    const items = await ask('GET', `${url}/api/messages/${id}`, { token });
    return new Map([['room', items.map(({ message }) => message)]]);
  },
  own: { path: '/api/auth/me', socket: ({ id }, token) => `/ws/chat/${id}?token=${token}` },
};

const conversations = {
  async signUp(url, index) {
    const username = nameOf(index);
    const password = passwordOf('conversations');
    const email = `${username}@example.com`;
    const body = { username, email, first_name: 'A', last_name: 'B', password };
    const { access_token: token, user } = await ask('POST', `${url}/users/register`, { body });
    return { token, number: user.id };
  },
  async gather([first, ...others]) {
    const body = { title: lounge, participant_ids: others.map(({ number }) => number) };
    const { id } = await ask('POST', `${first.url}/conversations/`, { token: first.token, body });
    return { id, numbers: [id] };
  },
  async open({ url, token }, { id }) {
    const socket = await openSocket(`${url}/conversations/${id}/ws?token=${token}`);
    await socket.waitFor('connection');
    return socket;
  },
  say({ socket }, n, marker, { clients }) {
    socket.send({ content: marker });
    return { stream: 'conversation', hearers: all(clients) };
  },
  refused: ({ type }) => type === 'error',
  async histories([{ url, token }], { id }) {
    const items = await ask('GET', `${url}/conversations/${id}/messages`, { token });
    return new Map([['conversation', items.map(({ content }) => content)]]);
  },
  own: { path: '/users/me', socket: ({ id }, token) => `/conversations/${id}/ws?token=${token}` },
};

/** The next one, and with each message the one after. */
const partnerOf = ({ index }, n, { length }) => (index + 1 + (n % (length - 1))) % length;
const pair = (one, other) => `${Math.min(one, other)} and ${Math.max(one, other)}`;

const fluent = {
  async signUp(url, index) {
    const username = nameOf(index);
    const password = passwordOf('fluent');
    const body = { username, email: `${username}@example.com`, password, public_key: `key of ${username}` };
    const { id } = await ask('POST', `${url}/auth/register`, { body });
    const { access_token: token } = await ask('POST', `${url}/auth/login`, { body: { username, password } });
    return { token, number: id };
  },
  gather: async () => ({ numbers: [] }),
  async open({ url, token }) {
    const socket = await openSocket(`${url}/chat/ws?token=${token}`);
    // Nobody is greeted on this wire; an answer says that it is open.
    socket.send('no JSON');
    await socket.waitFor(({ text }) => text === 'Invalid JSON format');
    return socket;
  },
  say(client, n, marker, { clients }) {
    const partner = partnerOf(client, n, clients);
    const receiverID = clients[partner].number;
    client.socket.send({ receiverID, receiver_encrypted: marker, sender_encrypted: marker, messageType: 'text' });
    return { stream: pair(client.index, partner), hearers: [client.index, partner] };
  },
  // Its errors are text, and no JSON.
  refused: ({ text }) => text !== undefined,
  async histories(clients) {
    const found = new Map();
    for (const { index, url, token } of clients) {
      for (const other of clients.slice(index + 1)) {
        const markers = [];
        for (let before = ''; ;) {
          const path = `/chat/all_messages?partnerID=${other.number}&limit=500${before}`;
          const items = await ask('GET', url + path, { token });
          markers.push(...items.map(({ content }) => content));
          if (items.length < 500) break;
          before = `&before=${items.at(-1).timestamp}`;
        }
        found.set(pair(index, other.index), markers.reverse());
      }
    }
    return found;
  },
  own: { path: '/chat/chat_list', socket: (_place, token) => `/chat/ws?token=${token}` },
};

const agentFrame = (agent_id) => ({
  type: 'register',
  agent_id,
  public_ip: '203.0.113.1',
  public_port: 50_000,
});

/** Nobody says anything here: agents come and go, and those who stay hear of it. */
const mesh = {
  async signUp(url, index) {
    const body = { email: `${nameOf(index)}@example.com`, password: passwordOf('mesh') };
    await ask('POST', `${url}/register`, { body });
    return { token: (await ask('POST', `${url}/login`, { body })).access_token };
  },
  async gather(clients) {
    const [{ url, token }] = clients;
    const { id } = await ask('POST', `${url}/organizations`, { token, body: { name: lounge, subnet: '10.0.0.0/24' } });
    for (const { token, index } of clients) {
      if (index > 0) await ask('POST', `${url}/organizations/${id}/join`, { token });
      await ask('POST', `${url}/organizations/${id}/allocate_ip`, { token, body: {} });
    }
    return { id, numbers: [id] };
  },
  async open({ url, token, index }) {
    const socket = await openSocket(`${url}/ws?token=${token}`, { first: [agentFrame(`stays-${index}`)] });
    await socket.waitFor('register_agent_response');
    return socket;
  },
  say(client, n, marker, { clients }) {
    const came = openSocket(`${client.url}/ws?token=${client.token}`, { first: [agentFrame(marker)] });
    const gone = came.then(async (socket) => {
      await socket.waitFor('register_agent_response');
      socket.close();
      await socket.closed;
    });
    return { stream: `agents of ${client.index}`, hearers: all(clients), times: 2, gone };
  },
  refused: ({ error }) => error !== undefined,
  histories: null,
  own: { path: '/organizations', socket: (_place, token) => `/ws?token=${token}` },
};

const swifty = {
  async signUp(url, index) {
    const uuid = randomUUID();
    const { token } = await ask('POST', `${url}/register`, { body: { name: nameOf(index), uuid } });
    return { token, uuid };
  },
  async gather(clients) {
    const [{ url, token }] = clients;
    await ask('POST', `${url}/topics/create?token=${token}`, { body: { topic_id: lounge } });
    for (const { url, token } of clients)
      await ask('POST', `${url}/topics/subscribe?token=${token}`, { body: { topic_id: lounge } });
    return { numbers: [] };
  },
  async open({ url, token }) {
    const socket = await openSocket(`${url}/ws?token=${token}`);
    await socket.waitFor('connection');
    return socket;
  },
  say(client, n, marker, { clients }) {
    const words = {
      timestamp: Date.now() / 1000,
      priority: 'high',
      subject: 'x',
      action: 'x',
      event: '',
      status: 'sent',
    };
    const frame = { from: client.uuid, msgid: randomUUID(), content: marker, msgno: n, ...words };
    if (n % 2 === 0) {
      client.socket.send({ topic_id: lounge, ...frame });
      return { stream: 'topic', hearers: but(client.index, clients) };
    }
    const partner = partnerOf(client, n, clients);
    client.socket.send({ to: clients[partner].uuid, acknowledge: false, conversation_id: 'x', ...frame });
    return { stream: pair(client.index, partner), hearers: [partner], msgid: frame.msgid };
  },
  refused: ({ type }) => type === 'error',
  histories: null,
  /** Nothing waits for a device that was there. */
  async kept(clients) {
    let count = 0;
    for (const { url, token, uuid } of clients)
      count += (await ask('GET', `${url}/clients/${uuid}/undelivered?token=${token}`)).count;
    return count;
  },
  own: { create: '/topics/create', socket: (_place, token) => `/ws?token=${token}` },
};

const v1 = {
  async signUp(url, index) {
    const body = { username: nameOf(index), password: passwordOf('v1') };
    const { accessToken: token, account } = await ask('POST', `${url}/v1/accounts`, { body });
    return { token, id: account.id };
  },
  async gather([{ url, token }]) {
    const channel = await ask('POST', `${url}/v1/channels`, { token, body: { kind: 'room', title: lounge } });
    return { id: channel.id, slug: channel.slug, numbers: [channel.number] };
  },
  async open({ url, token }, { id: channelId }) {
    const socket = await openSocket(`${url}/v1/socket`, { headers: { authorization: `Bearer ${token}` } });
    await socket.waitFor('session.opened');
    socket.send({ jsonrpc: '2.0', id: 'inbox', method: 'session.resume', params: { inbox: 0 } });
    socket.send({ jsonrpc: '2.0', id: 'attach', method: 'channel.attach', params: { channelId, after: 0 } });
    for (const asked of ['inbox', 'attach']) await socket.waitFor(({ id }) => id === asked);
    return socket;
  },
  say(client, n, marker, { clients, place }) {
    const partner = partnerOf(client, n, clients);
    const isDirect = n % 2 === 1;
    const target = isDirect ? { directWith: clients[partner].id } : { channelId: place.id };
    const params = { ...target, clientId: marker, content: { type: 'text', text: marker } };
    client.socket.send({ jsonrpc: '2.0', id: n, method: 'message.send', params });
    if (!isDirect) return { stream: 'room', hearers: all(clients) };
    return { stream: pair(client.index, partner), hearers: [client.index, partner] };
  },
  refused: ({ error }) => error !== undefined,
  async histories(clients, { id }) {
    const [{ url, token }] = clients;
    const pageAfter = (path, one, after) =>
      ask('GET', `${one.url}/v1${path}?after=${after}&limit=200`, { token: one.token });
    const found = new Map([['room', []]]);
    for (let page, after = 0; !page || page.more; after = page.messages.at(-1).sequence) {
      page = await pageAfter(`/channels/${id}/messages`, { url, token }, after);
      found.get('room').push(...page.messages.map(({ content }) => content.text));
    }
    for (const client of clients) {
      for (let page, after = 0; !page || page.more; after = page.entries.at(-1).sequence) {
        page = await pageAfter('/inbox', client, after);
        for (const { message } of page.entries) {
          const other = clients.find((one) => one.id === message.sender.id);
          // Each pair is in two inboxes; that of the sender is read.
          if (other.index === client.index)
            (found.get('inboxes') ?? found.set('inboxes', []).get('inboxes')).push(message.content.text);
        }
      }
    }
    return found;
  },
  own: { path: '/v1/me', socket: () => '/v1/socket', headers: (token) => ({ authorization: `Bearer ${token}` }) },
};

export const wires = { swifty, rooms, mesh, fluent, conversations, v1 };
