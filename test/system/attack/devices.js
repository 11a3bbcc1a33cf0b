// Section 2, the swifty wire: strangers who know the uuid of a device, which is public, and what they try with it.
import { randomUUID } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import { check, figure } from '../proof/figures.js';
import { ask, eventually, openFrom } from './network.js';

const withinMs = 10_000;
const register = (url, uuid, name, token) => ask(url, 'POST', '/register', { body: { name, uuid }, token });
const device = async (url, name, uuid = randomUUID()) => ({
  uuid,
  token: (await register(url, uuid, name)).json.token,
});
const connect = async (url, { token }) => {
  const connection = await openFrom(url, `/ws?token=${token}`);
  await eventually(() => connection.frames.some(({ type }) => type === 'connection'), withinMs);
  return connection;
};
const accountOf = (token) => jsonwebtoken.decode(token).aid;

const labels = { priority: 'x', subject: 'x', action: 'x', event: '', status: 'x', conversation_id: 'x' };
const direct = (from, to, content) => ({
  ...{ to: to.uuid, from: from.uuid, timestamp: 1, msgid: randomUUID(), acknowledge: true, msgno: 1 },
  ...labels,
  content,
});

/** Says it, and waits until its sender is told what became of it. */
const say = async ({ socket, frames }, from, to, content) => {
  const message = direct(from, to, content);
  socket.send(JSON.stringify(message));
  await eventually(() => frames.some(({ type, msgid }) => type && msgid === message.msgid), withinMs);
  return message.msgid;
};
const receives = (frames, content) => eventually(() => frames.some((frame) => frame.content === content), withinMs);
const received = ({ frames }) => frames.flatMap(({ content }) => content ?? []);

/** Registering a known uuid again neither inherits what was kept for it nor takes its messages, its subscriptions or its connection away. */
export const deviceTakeover = async ({ urls: [url, otherUrl] }) => {
  const [victim, sender] = [await device(url, 'Victim'), await device(url, 'Sender')];
  const topic = `topic-${victim.uuid}`;
  const topics = (verb, { token }) => ask(url, 'POST', `/topics/${verb}?token=${token}`, { body: { topic_id: topic } });
  await topics('create', victim);
  await topics('subscribe', victim);
  const speaker = await connect(url, sender);
  const kept = await say(speaker, sender, victim, 'kept for the victim');

  const again = await register(otherUrl, victim.uuid, 'Attacker');
  figure('registering a known uuid without its token is answered with', again.status);
  const attacker = { uuid: victim.uuid, token: again.json.token };
  const thief = await connect(otherUrl, attacker);
  thief.socket.send(JSON.stringify({ type: 'ack', msgid: kept }));
  await topics('unsubscribe', attacker);
  // What comes afterwards shows that nothing came before it.
  await say(speaker, sender, victim, 'to whoever is connected');
  await receives(thief.frames, 'to whoever is connected');
  check('a device registered again does not get what was kept', !received(thief).includes('kept for the victim'));

  const owner = await connect(url, victim);
  check('what was kept stays with the earlier token', await receives(owner.frames, 'kept for the victim'));
  const { json } = await ask(url, 'GET', `/topics/${topic}`);
  check('subscriptions stay with the earlier token', json.subscribers.includes(victim.uuid));
  const another = await connect(url, attacker);
  await say(speaker, sender, victim, 'to the connected victim');
  check('a connected device goes on receiving', await receives(owner.frames, 'to the connected victim'));
  await say(another, attacker, attacker, 'end');
  await receives(another.frames, 'end');
  check(
    'its stranger receives nothing meanwhile',
    ![thief, another].some((one) => received(one).includes('to the connected victim')),
  );
  check('its connection stays open', owner.code === null);
  const { clients } = (await ask(url, 'GET', '/clients')).json;
  check('it is listed under its own name', clients[victim.uuid] === 'Victim');
  for (const { socket } of [owner, thief, another, speaker]) socket.terminate();
};

/** Frames that say one thing to the gateway and another to a reader that keeps the first of two equal keys. */
export const equalKeys = async ({ urls: [url] }) => {
  const [sender, reader] = [await device(url, 'Sender'), await device(url, 'Reader')];
  const [a, b] = [await connect(url, sender), await connect(url, reader)];
  const frame = JSON.stringify(direct(sender, reader, 'ambiguous'));
  const other = randomUUID();
  const inFront = (more) => frame.replace('{', `{${more},`);
  const frames = [
    ...['from', 'fr\\u006fm', 'to', 't\\u006f', '\\u0074\\u006F', 'msgid', 'content'].map(
      (key) => `"${key}":"${other}"`,
    ),
    '"more":{"key":1,"key":2}',
    '"more":[[{"key":1,"k\\u0065y":2}]]',
  ].map(inFront);
  for (const each of frames) a.socket.send(each);
  await say(a, sender, reader, 'end');
  await receives(b.frames, 'end');
  const refused = a.frames.filter(({ type, message }) => type === 'error' && /twice/.test(message)).length;
  figure('frames with two equal keys sent, refused', `${frames.length}, ${refused}`);
  check('no frame with two equal keys is relayed', received(b).join() === 'end' && refused === frames.length);
  const raw = `{"name":"x","uuid":"${other}","uuid":"${reader.uuid}"}`;
  const { status } = await ask(url, 'POST', '/register', { raw });
  check('a body with two equal keys is refused', status === 422);
  for (const { socket } of [a, b]) socket.terminate();
};

/** A token whose session was ended, shown late: after its time, and to gateways that started later with an empty Redis. */
export const endedDeviceToken = async ({ urls: [url], stack, sql }) => {
  const [victim, sound] = [await device(url, 'Victim'), await device(url, 'Sound')];
  const sessions = [victim, sound].map(({ token }) => jsonwebtoken.decode(token).sid);
  // As an hour later: no token of theirs can be good any more, so that auth no longer tells of their ends.
  await sql("update auth.sessions set access_expires_at = now() - interval '1 minute' where id = any($1)", [sessions]);
  await sql("update auth.sessions set ended_at = now() - interval '1 minute', ended_why = 'revoked' where id = $1", [
    sessions[0],
  ]);
  await stack.redis.kill('SIGKILL');
  await stack.redis.start();
  const gateways = [...stack.processes.values()].filter(({ service }) => service === 'gateway');
  for (const gateway of gateways) {
    await gateway.kill('SIGKILL');
    await gateway.start();
  }
  const again = async (one) => accountOf((await register(url, one.uuid, 'Again', one.token)).json.token);
  check('an ended token leads to no account', (await again(victim)) !== accountOf(victim.token));
  check('one whose session lives does', (await again(sound)) === accountOf(sound.token));
};
