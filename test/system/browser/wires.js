// Two users and a place to talk, on the wire of each page; and a client of the same wire without a page.
import { openSocket } from '@parley/testing';

const password = 'a password of one’s own';
/** Whatever is typed stays text. */
const title = 'Tea & <i>biscuits</i>';

const ask = async (url, method, path, { token, json, form } = {}) => {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(json && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    ...(json && { body: JSON.stringify(json) }),
    ...(form && { body: new URLSearchParams(form) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
};

const conversations = {
  name: 'conversations',
  path: '/static/chat.html',
  button: 'Login & Connect',
  fields: ['User name or e-mail', 'Password', 'Conversation ID'],
  navigation: 'Your conversations',
  async world(url) {
    const users = [];
    for (const username of ['ada', 'bob', 'eve']) {
      const names = { first_name: username, last_name: 'Test', email: `${username}@example.com` };
      const { user, access_token: token } = await ask(url, 'POST', '/users/register', {
        json: { username, password, ...names },
      });
      users.push({ id: user.id, username, token });
    }
    const [ada, bob, eve] = users;
    const participant_ids = [bob.id, eve.id];
    const { id } = await ask(url, 'POST', '/conversations/', { token: ada.token, json: { title, participant_ids } });
    return { ada, bob, eve, id };
  },
  signIn: (world) => ({ 'Conversation ID': String(world.id) }),
  history: async (url, { id, eve }) =>
    (await ask(url, 'GET', `/conversations/${id}/messages`, { token: eve.token })).map(({ content }) => content),
  historyPath: /\/conversations\/\d+\/messages$/,
  async client(url, { id, eve }) {
    const socket = await openSocket(`${url}/conversations/${id}/ws?token=${eve.token}`);
    await socket.waitFor('connection');
    // It hears itself: what came back is kept.
    const say = async (content) => {
      socket.send({ content });
      await socket.waitFor((frame) => frame.type === 'message' && frame.content === content);
    };
    return { say, close: () => socket.close() };
  },
};

const rooms = {
  name: 'rooms',
  path: '/test',
  button: 'Sign in',
  fields: ['User name', 'Password'],
  navigation: 'Rooms',
  async world(url) {
    const signed = async (username) => {
      const json = { username, password };
      await ask(url, 'POST', '/api/auth/signup', { json });
      return { username, token: (await ask(url, 'POST', '/api/auth/login', { json })).access_token };
    };
    const [ada, bob, eve] = [await signed('ada'), await signed('bob'), await signed('eve')];
    const { id } = await ask(url, 'POST', '/api/rooms', { token: ada.token, json: { name: title } });
    return { ada, bob, eve, id };
  },
  signIn: () => ({}),
  history: async (url, { id, eve }) =>
    (await ask(url, 'GET', `/api/messages/${id}`, { token: eve.token })).map(({ message }) => message),
  historyPath: /\/api\/messages\/\d+/,
  async client(url, world) {
    const socket = await openSocket(`${url}/ws/chat/${world.id}?token=${world.eve.token}`);
    await socket.waitFor('connected');
    // It does not hear itself: what is in the history is kept.
    const say = async (content) => {
      socket.send({ type: 'message', content });
      while (!(await rooms.history(url, world)).includes(content));
    };
    return { say, close: () => socket.close() };
  },
};

export const wires = [conversations, rooms];
export { password, title };
