// Good clients of each wire: whose tokens and ids malformed input is made from, and who must be served after it.
import { randomBytes, randomUUID } from 'node:crypto';
import { openSocket } from '@parley/testing';

const password = 'correct horse';
const fresh = (word) => `${word}-${randomBytes(6).toString('hex')}`;

const ask = async (url, method, path, { token, body, form } = {}) => {
  const answer = await fetch(url + path, {
    method,
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...((body || form) && { body: form ? new URLSearchParams(form) : JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 300)}`);
  return text === '' ? undefined : JSON.parse(text);
};

const v1 = {
  async user(url) {
    const username = fresh('fuzz');
    const { accessToken: token, account } = await ask(url, 'POST', '/v1/accounts', { body: { username, password } });
    const made = await ask(url, 'POST', '/v1/channels', { token, body: { kind: 'room', title: 'Fuzz' } });
    const known = { id: made.id, channelId: made.id, accountId: account.id, accessToken: token, sequence: 1, after: 0 };
    return { token, known: { ...known, directWith: undefined, realm: undefined } };
  },
  socket: () => '/v1/socket',
  socketHeaders: ({ token }) => ({ authorization: `Bearer ${token}` }),
  /** In what the user of `from` says, heard by the one of `to`. */
  async join(url, to, from) {
    await ask(url, 'PUT', `/v1/channels/${from.known.id}/members/me`, { token: to.token });
    return { ...to, known: { ...to.known, id: from.known.id, channelId: from.known.id } };
  },
  async greet(socket, { known }) {
    socket.send({ jsonrpc: '2.0', id: 1, method: 'channel.attach', params: { channelId: known.channelId } });
    await socket.waitFor((frame) => frame.id === 1 && frame.result);
  },
  say: ({ known: { channelId } }, text) => {
    const params = { channelId, clientId: text, content: { type: 'text', text } };
    return { jsonrpc: '2.0', id: 2, method: 'message.send', params };
  },
};

const rooms = {
  async user(url) {
    const body = { username: fresh('fuzz'), password };
    await ask(url, 'POST', '/api/auth/signup', { body });
    const { access_token: token } = await ask(url, 'POST', '/api/auth/login', { body });
    const { id } = await ask(url, 'POST', '/api/rooms', { token, body: { name: fresh('room') } });
    return { token, known: { room_id: id, type: 'message' } };
  },
  socket: ({ token, known }) => `/ws/chat/${known.room_id}?token=${token}`,
  join: async (_url, to, from) => ({ ...to, known: from.known }),
  greet: (socket) => socket.waitFor('connected'),
  say: (_user, content) => ({ type: 'message', content }),
};

const conversations = {
  async user(url) {
    const username = fresh('fuzz');
    const body = { username, email: `${username}@example.com`, first_name: 'Fuzz', last_name: 'User', password };
    const { access_token: token, user } = await ask(url, 'POST', '/users/register', { body });
    const chat = await ask(url, 'POST', '/conversations/', {
      token,
      body: { title: 'Fuzz', participant_ids: [user.id] },
    });
    return { token, id: user.id, known: { conversation_id: chat.id, participant_ids: [user.id] } };
  },
  socket: ({ token, known }) => `/conversations/${known.conversation_id}/ws?token=${token}`,
  async join(url, to, from) {
    const body = { title: 'Both', participant_ids: [to.id] };
    const { id } = await ask(url, 'POST', '/conversations/', { token: from.token, body });
    for (const each of [to, from]) each.known.conversation_id = id;
    return to;
  },
  greet: (socket) => socket.waitFor('connection'),
  say: (_user, content) => ({ content }),
};

const fluent = {
  async user(url) {
    const username = fresh('fuzz');
    const body = { username, email: `${username}@example.com`, password, public_key: 'a key' };
    const { id } = await ask(url, 'POST', '/auth/register', { body });
    const { access_token: token } = await ask(url, 'POST', '/auth/login', { body: { username, password } });
    return { token, id, known: { receiverID: id, partnerID: id } };
  },
  socket: ({ token }) => `/chat/ws?token=${token}`,
  async join(_url, to, from) {
    from.known.receiverID = to.id;
    return to;
  },
  greet: async () => {},
  say: ({ known: { receiverID } }, text) => ({
    receiverID,
    receiver_encrypted: text,
    sender_encrypted: 'x',
    messageType: 'text',
  }),
};

const mesh = {
  async user(url, organization) {
    const body = { email: `${fresh('fuzz')}@example.com`, password };
    await ask(url, 'POST', '/register', { body });
    const { access_token: token } = await ask(url, 'POST', '/login', { body });
    const made =
      organization ??
      (await ask(url, 'POST', '/organizations', { token, body: { name: 'Fuzz', subnet: '10.0.0.0/24' } })).id;
    if (organization) await ask(url, 'POST', `/organizations/${made}/join`, { token });
    await ask(url, 'POST', `/organizations/${made}/allocate_ip`, { token, body: {} });
    return { token, known: { org_id: made, public_ip: '203.0.113.1', public_port: 50_000, user_id: undefined } };
  },
  socket: ({ token }) => `/ws?token=${token}`,
  join: (url, _to, from) => mesh.user(url, from.known.org_id),
  async greet(socket) {
    socket.send({ type: 'register', agent_id: 'listener', public_ip: '203.0.113.2', public_port: 50_000 });
    await socket.waitFor('register_agent_response');
  },
  say: (_user, agent_id) => ({ type: 'register', agent_id, public_ip: '203.0.113.1', public_port: 50_000 }),
};

const swifty = {
  async user(url) {
    const uuid = randomUUID();
    const { token } = await ask(url, 'POST', '/register', { body: { name: 'Fuzz', uuid } });
    const topic_id = fresh('topic');
    for (const verb of ['create', 'subscribe'])
      await ask(url, 'POST', `/topics/${verb}?token=${token}`, { body: { topic_id } });
    return { token, known: { uuid, from: uuid, to: uuid, topic_id, msgid: randomUUID(), timestamp: 1.5, token } };
  },
  socket: ({ token }) => `/ws?token=${token}`,
  async join(_url, to, from) {
    from.known.to = to.known.uuid;
    return to;
  },
  greet: (socket) => socket.waitFor('connection'),
  say({ known: { from, to } }, content) {
    const words = {
      priority: 'high',
      subject: 'x',
      action: 'message',
      event: 'x',
      status: 'sent',
      conversation_id: 'x',
    };
    return { to, from, timestamp: 1.5, msgid: randomUUID(), acknowledge: false, content, msgno: 1, ...words };
  },
};

export const clients = { v1, rooms, conversations, fluent, mesh, swifty };

/** Two new clients of a wire: what one says the other hears. Throws when not. */
export const isServed = async (url, client) => {
  const from = await client.user(url);
  const to = await client.join(url, await client.user(url), from);
  const open = (user) => openSocket(url + client.socket(user), { headers: client.socketHeaders?.(user) ?? {} });
  const listener = await open(to);
  let speaker;
  try {
    await client.greet(listener, to);
    speaker = await open(from);
    const text = fresh('heard');
    speaker.send(client.say(from, text));
    await listener.waitFor((frame) => JSON.stringify(frame).includes(text));
  } finally {
    for (const socket of [listener, speaker]) socket?.close();
  }
};
