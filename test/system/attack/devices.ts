// Section 2, the swifty wire: strangers who know the uuid of a device, which is public, and what they try with it.
import { randomUUID } from 'node:crypto';
import * as swifty from '../../clients/swifty.js';
import { check, figure } from '../proof/figures.js';
import { claimsOf } from './bus-setup.js';
import { ask, becomes, openFrom, type ReceivedFrame, type SocketFrom } from './network.js';
import type { Attack } from './setup.js';

const withinMs = 10_000;

type Device = Pick<swifty.Device, 'uuid' | 'token'>;

const register = async (url: string, uuid: string, name: string, shown?: string) => {
  const { status, body } = await ask(url, 'POST', '/register', { body: { name, uuid }, token: shown });
  return { status, token: (body as { token: string }).token };
};
const device = async (url: string, name: string): Promise<Device> => {
  const uuid = randomUUID();
  return { uuid, token: (await register(url, uuid, name)).token };
};
const connect = async (url: string, { token }: Device): Promise<SocketFrom> => {
  const connection = await openFrom(url, `/ws?token=${token}`);
  await becomes(() => connection.frames.some(({ type }) => type === 'connection'), withinMs);
  return connection;
};
const accountOf = (token: string): string => claimsOf(token).accountId;

/** Sends a message, and waits for the answer to it. */
const send = async ({ socket, frames }: SocketFrom, from: Device, to: Device, content: string): Promise<string> => {
  const message = swifty.direct(from, to, { content });
  socket.send(JSON.stringify(message));
  await becomes(() => frames.some(({ type, msgid }) => type !== undefined && msgid === message.msgid), withinMs);
  return message.msgid;
};
const receives = (frames: readonly ReceivedFrame[], content: string): Promise<boolean> =>
  becomes(() => frames.some((frame) => frame.content === content), withinMs);
const received = ({ frames }: SocketFrom): string[] => frames.flatMap(({ content }) => content ?? []);

/** Registering a known uuid again neither inherits what was kept for it nor takes its messages, its subscriptions or its connection away. */
export const deviceTakeover: Attack = async ({ url, otherUrl }) => {
  const [victim, sender] = [await device(url, 'Victim'), await device(url, 'Sender')];
  const topic = `topic-${victim.uuid}`;
  const topics = (verb: string, { token }: Device) =>
    ask(url, 'POST', `/topics/${verb}?token=${token}`, { body: { topic_id: topic } });
  await topics('create', victim);
  await topics('subscribe', victim);
  const speaker = await connect(url, sender);
  const kept = await send(speaker, sender, victim, 'kept for the victim');

  const again = await register(otherUrl, victim.uuid, 'Attacker');
  figure('registering a known uuid without its token is answered with', again.status);
  const attacker = { uuid: victim.uuid, token: again.token };
  const thief = await connect(otherUrl, attacker);
  thief.socket.send(JSON.stringify({ type: 'ack', msgid: kept }));
  await topics('unsubscribe', attacker);
  // What comes afterwards shows that nothing came before it.
  await send(speaker, sender, victim, 'to whoever is connected');
  await receives(thief.frames, 'to whoever is connected');
  check('a device registered again does not get what was kept', !received(thief).includes('kept for the victim'));

  const owner = await connect(url, victim);
  check('what was kept stays with the earlier token', await receives(owner.frames, 'kept for the victim'));
  const { body: shown } = await ask(url, 'GET', `/topics/${topic}`);
  const { subscribers } = shown as { subscribers: string[] };
  check('subscriptions stay with the earlier token', subscribers.includes(victim.uuid));
  const another = await connect(url, attacker);
  await send(speaker, sender, victim, 'to the connected victim');
  check('a connected device goes on receiving', await receives(owner.frames, 'to the connected victim'));
  await send(another, attacker, attacker, 'end');
  await receives(another.frames, 'end');
  check(
    'its stranger receives nothing meanwhile',
    ![thief, another].some((one) => received(one).includes('to the connected victim')),
  );
  check('its connection stays open', owner.code === null);
  const { body: list } = await ask(url, 'GET', '/clients');
  const { clients } = list as { clients: Record<string, string> };
  check('it is listed under its own name', clients[victim.uuid] === 'Victim');
  for (const { socket } of [owner, thief, another, speaker]) socket.terminate();
};

/** Frames that say one thing to the gateway and another to a reader that keeps the first of two equal keys. */
export const equalKeys: Attack = async ({ url }) => {
  const [sender, reader] = [await device(url, 'Sender'), await device(url, 'Reader')];
  const [a, b] = [await connect(url, sender), await connect(url, reader)];
  const frame = JSON.stringify(swifty.direct(sender, reader, { content: 'ambiguous' }));
  const other = randomUUID();
  const inFront = (more: string): string => frame.replace('{', `{${more},`);
  const frames = [
    ...['from', 'fr\\u006fm', 'to', 't\\u006f', '\\u0074\\u006F', 'msgid', 'content'].map(
      (key) => `"${key}":"${other}"`,
    ),
    '"more":{"key":1,"key":2}',
    '"more":[[{"key":1,"k\\u0065y":2}]]',
  ].map(inFront);
  for (const each of frames) a.socket.send(each);
  await send(a, sender, reader, 'end');
  await receives(b.frames, 'end');
  const refused = a.frames.filter(({ type, message }) => type === 'error' && message?.includes('twice')).length;
  figure('frames with two equal keys sent, refused', `${frames.length}, ${refused}`);
  check('no frame with two equal keys is relayed', received(b).join() === 'end' && refused === frames.length);
  const raw = `{"name":"x","uuid":"${other}","uuid":"${reader.uuid}"}`;
  const { status } = await ask(url, 'POST', '/register', { body: raw });
  check('a body with two equal keys is refused', status === 422);
  for (const { socket } of [a, b]) socket.terminate();
};

/** A token whose session was ended, shown late: after its time, and to gateways that started later with an empty Redis. */
export const endedDeviceToken: Attack = async ({ url, stack, sql }) => {
  const [victim, sound] = [await device(url, 'Victim'), await device(url, 'Sound')];
  const sessions = [victim, sound].map(({ token }) => claimsOf(token).sid);
  // As an hour later: no token of theirs can be good any more, so that auth no longer publishes their ends.
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
  const again = async ({ uuid, token }: Device): Promise<string> =>
    accountOf((await register(url, uuid, 'Again', token)).token);
  check('an ended token leads to no account', (await again(victim)) !== accountOf(victim.token));
  check('one whose session lives does', (await again(sound)) === accountOf(sound.token));
};
