// The v1 socket without the SDK, which would repair by itself what the gateway is to repair.
import { signUp } from '@parley/client';
import { openSocket } from '@parley/testing';

/** A new account with a socket; `heard` is every message with the moment it came. */
export const rawUser = async (url, username) => {
  const grant = await signUp({ url, username, password: 'correct horse' });
  const headers = { authorization: `Bearer ${grant.accessToken}` };
  const socket = await openSocket(`${url}/v1/socket`, { headers });
  await socket.waitFor('session.opened');
  const received = [];
  const removals = [];
  socket.socket.on('message', (data) => {
    const { method, params } = JSON.parse(data.toString());
    if (method === 'message.created')
      received.push({ ...params, text: params.message.content.text, at: performance.now() });
    if (method === 'member.removed') removals.push({ ...params, at: performance.now() });
  });
  let asked = 0;
  const call = async (method, params) => {
    const id = (asked += 1);
    socket.send({ jsonrpc: '2.0', id, method, params });
    const { result, error } = await socket.waitFor((frame) => frame.id === id);
    if (error) throw Object.assign(new Error(error.message), error.data);
    return result;
  };
  const rest = async (method, path, body) => {
    const answer = await fetch(`${url}/v1${path}`, {
      method,
      headers: { ...headers, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? undefined : answer.json();
  };
  let sent = 0;
  const say = (target, text) =>
    call('message.send', { ...target, clientId: `${username}-${(sent += 1)}`, content: { type: 'text', text } });
  return { id: grant.account.id, token: grant.accessToken, received, removals, call, rest, say, socket };
};
