// A long history of one room, read whole over the rooms wire and page by page over v1: all there, in order, with memory bounded and
// no reply above the bus's limit.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { bodyBytesMax, connectNats } from '@parley/bus';
import { chat, topics, deadlineIn } from '@parley/contracts';
import { startStack } from '@parley/testing';
import { afterwards, prove } from './proof/cleanup.js';
import { check, figure, finish } from './proof/figures.js';
import { tapReplies } from './history/tap-replies.js';
import { readOptions, whole } from './proof/options.js';

const { values } = readOptions({ messages: whole('how many (50000)'), 'in-flight': whole('sends at once (1000)') });
const count = Number(values.messages ?? 50_000);
const inFlight = Number(values['in-flight'] ?? 1_000);
const grownBytesMax = 150;
const log = {
  warn: (details, text) => console.error(text, details),
  error: (details, text) => console.error(text, details),
};

/** Every tenth has 4 to 5 KB, and some of these are not ASCII. */
const textOf = (n) => {
  if (n % 10 !== 0) return `message ${n}`;
  return `message ${n} ${(n % 20 === 0 ? 'é' : 'x').repeat(n % 20 === 0 ? 2_200 : 4_500)}`;
};

const memory = (pid) => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

/** How far a process grew while something ran, in MB. */
const watching = async (pid, work) => {
  const before = memory(pid);
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, memory(pid))), 20);
  const value = await work().finally(() => clearInterval(timer));
  return { value, before, most };
};

const json = async (url, path, token, body) => {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(url + path, { headers, ...(body && { method: 'POST', body: JSON.stringify(body) }) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
};

/** Through chat's contract, as any gateway sends, with a thousand in flight. */
const fill = async (bus, { principal, channelId }) => {
  const client = bus.client(chat);
  let next = 1;
  let again = 0;
  const lane = async () => {
    for (let n = next++; n <= count; n = next++) {
      const input = { target: { channelId }, clientId: `m${n}`, content: { type: 'text', text: textOf(n) } };
      for (;;) {
        try {
          await client.message.send(input, { principal, deadline: deadlineIn(30_000) });
          break;
        } catch (error) {
          if (error.code !== 'unavailable' && error.code !== 'rate_limited') throw error;
          again += 1;
          await sleep(error.retryAfterMs ?? 100);
        }
      }
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return again;
};

/** A reader of usual speed: the whole body, counted and parsed afterwards. */
const readWhole = async (url, path, token) => {
  const asked = get(url + path, { headers: { authorization: `Bearer ${token}` } });
  const [answer] = await once(asked, 'response');
  const parts = [];
  for await (const part of answer) parts.push(part);
  return { status: answer.statusCode, text: Buffer.concat(parts).toString() };
};

/** One who takes the first bytes and then rests: the gateway must not read ahead for it. */
const readSlowly = async (url, path, token) => {
  const asked = get(url + path, { headers: { authorization: `Bearer ${token}` } });
  const [answer] = await once(asked, 'response');
  answer.pause();
  await sleep(3_000);
  answer.destroy();
};

const inOrder = (sequences) => sequences.every((sequence, index) => sequence === index + 1);

const overRooms = async (url, gateway, { number, token, numbers }) => {
  const path = `/api/messages/${number}`;
  const { before, most } = await watching(gateway.pid, () =>
    Promise.all(Array.from({ length: 10 }, () => readSlowly(url, path, token))),
  );
  figure('gateway while ten readers rest half way, grown by', most - before, 'MB');
  check(`it does not read ahead for them (${grownBytesMax} MB)`, most - before < grownBytesMax);
  const began = performance.now();
  const read = await watching(gateway.pid, () => readWhole(url, path, token));
  figure('whole history over rooms', (performance.now() - began) / 1000, 's');
  figure('its size', read.value.text.length / 1024 ** 2, 'MB');
  figure('gateway before', read.before, 'MB');
  figure('gateway at most while it is read', read.most, 'MB');
  check(`reading it grows the gateway by at most ${grownBytesMax} MB`, read.most - read.before < grownBytesMax);
  const rows = JSON.parse(read.value.text);
  check(`rooms answers with all of them (${rows.length})`, read.value.status === 200 && rows.length === count);
  check(
    'in the order in which they were committed, whole',
    rows.every(
      ({ message_id, message }, index) => message_id === numbers[index].number && message === numbers[index].text,
    ),
  );
};

const overV1 = async (url, { channelId, token }) => {
  const messages = [];
  let [pages, more] = [0, true];
  const began = performance.now();
  while (more) {
    const after = messages.at(-1)?.sequence ?? 0;
    const page = await json(url, `/v1/channels/${channelId}/messages?after=${after}&limit=500`, token);
    messages.push(...page.messages);
    ({ more } = page);
    pages += 1;
  }
  figure(`whole history over v1, ${pages} pages`, (performance.now() - began) / 1000, 's');
  check(`v1 has all of them (${messages.length})`, messages.length === count);
  check('their sequence has no gap', inOrder(messages.map(({ sequence }) => sequence)));
  const texts = new Map(messages.map(({ clientId, content }) => [clientId, content.text]));
  check(
    'each is what was sent',
    Array.from({ length: count }, (_, n) => n + 1).every((n) => texts.get(`m${n}`) === textOf(n)),
  );
  return messages.map(({ number, content }) => ({ number, text: content.text }));
};

await prove(
  async () => {
    // v1 opens into the realm of rooms here, so that both wires see one room.
    const stack = await startStack({ environment: { PARLEY_DIALECT_REALMS: 'v1:rooms' } });
    afterwards(() => stack.stop());
    const [url] = stack.urls;
    const gateway = stack.processes.get('gateway-1');
    const credentials = { username: 'reader', password: 'correct horse' };
    const { accessToken, account } = await json(url, '/v1/accounts', null, credentials);
    const { access_token } = await json(url, '/api/auth/login', null, credentials);

    const bus = await connectNats({ servers: stack.nats.url, name: 'prove', log });
    afterwards(() => bus.drain());
    const { id: accountId, number, name } = account;
    const sessionId = crypto.randomUUID();
    const principal = {
      ...{ kind: 'account', realm: 'rooms', dialect: 'v1', accountId, number, handle: accountId, name, sessionId },
    };
    const room = await bus.client(topics).channel.create({ kind: 'room', title: 'Long' }, { principal });
    const began = performance.now();
    const again = await fill(bus, { principal, channelId: room.id });
    const seconds = (performance.now() - began) / 1000;
    figure('messages', count);
    figure(`committed a second, ${inFlight} in flight`, count / seconds);
    figure('of these asked again because it was too much at once', again);

    const tap = await tapReplies(stack.nats.url);
    const numbers = await overV1(url, { channelId: room.id, token: accessToken });
    await overRooms(url, gateway, { number: room.number, token: access_token, numbers });
    tap.stop();
    figure('largest reply on the bus', tap.largest / 1024, 'KB');
    check(`no reply is above the bus's limit (${bodyBytesMax / 1024} KB)`, tap.largest < bodyBytesMax);
    const readyz = await fetch(`${gateway.healthUrl}/readyz`);
    check('the gateway is ready as before', readyz.ok);
  },
  { withinMs: 300_000 },
);
finish();
