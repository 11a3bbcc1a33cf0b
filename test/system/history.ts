// A long history of one room, read completely over the rooms wire and page by page over v1: all there, in order, with memory bounded and
// no reply above the bus's limit. Then pages of channels of a thousand, a hundred thousand and a million entries, side by side, and the list
// of 1,000 channels with its counts.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bus, bodyBytesMax, connectNats } from '@parley/bus';
import type { MessagePage } from '@parley/client';
import { AccountPrincipal, chat, deadlineIn, isFault, topics } from '@parley/contracts';
import { type ServiceProcess, startStack } from '@parley/testing';
import { done } from '../clients/http.js';
import { signUpV1 } from '../clients/v1.js';
import { listIsQuick, pagesAreFlat } from './history/flat.js';
import { tapReplies } from './history/tap-replies.js';
import { busLog } from './proof/bus-log.js';
import { afterwards, prove } from './proof/cleanup.js';
import { check, figure, finish } from './proof/figures.js';
import { readOptions, whole } from './proof/options.js';
import { highest, residentMb } from './proof/usage.js';

const { values } = readOptions({
  messages: whole('how many (50000)'),
  'in-flight': whole('sends at once (1000)'),
  longest: whole('entries of the longest channel (1000000)'),
  rounds: whole('pages of each kind that are timed (200)'),
});
const { messages: count = 50_000, 'in-flight': inFlight = 1_000, longest = 1_000_000, rounds = 200 } = values;
const grownMbMax = 150;

/** Every tenth has 4 to 5 KB, and some of these are not ASCII. */
const textOf = (n: number): string => {
  if (n % 10 !== 0) return `message ${n}`;
  return `message ${n} ${(n % 20 === 0 ? 'é' : 'x').repeat(n % 20 === 0 ? 2_200 : 4_500)}`;
};

/** Through chat's contract, as any gateway sends, with many in flight. Returns how many were repeated. */
const fill = async (bus: Bus, principal: AccountPrincipal, channelId: string): Promise<number> => {
  const client = bus.client(chat);
  let next = 1;
  let repeated = 0;
  const sendOne = async (n: number): Promise<void> => {
    const content = { type: 'text' as const, text: textOf(n) };
    for (;;) {
      try {
        const input = { target: { channelId }, clientId: `m${n}`, content };
        await client.message.send(input, { principal, deadline: deadlineIn(30_000) });
        return;
      } catch (error) {
        if (!isFault(error) || (error.code !== 'unavailable' && error.code !== 'rate_limited')) throw error;
        repeated += 1;
        await sleep(error.retryAfterMs ?? 100);
      }
    }
  };
  const work = async (): Promise<void> => {
    for (let n = next++; n <= count; n = next++) await sendOne(n);
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  return repeated;
};

const open = async (url: string, token: string): Promise<IncomingMessage> => {
  const [answer] = (await once(get(url, { headers: { authorization: `Bearer ${token}` } }), 'response')) as [
    IncomingMessage,
  ];
  return answer;
};

/** A reader of usual speed: the whole body, counted and parsed afterwards. */
const readWhole = async (url: string, token: string): Promise<{ status: number | undefined; text: string }> => {
  const answer = await open(url, token);
  return { status: answer.statusCode, text: (await buffer(answer)).toString() };
};

/** A reader that takes the first bytes and then rests: the gateway must not read ahead for it. */
const readSlowly = async (url: string, token: string): Promise<void> => {
  const answer = await open(url, token);
  answer.pause();
  await sleep(3_000);
  answer.destroy();
};

/** A message as both wires have it. */
interface NumberedText {
  readonly number: number;
  readonly text: string;
}

const overRooms = async (
  url: string,
  token: string,
  gateway: ServiceProcess,
  expected: readonly NumberedText[],
): Promise<void> => {
  const memory = (): number => residentMb(gateway.pid);
  const slowly = await highest(memory, () => Promise.all(Array.from({ length: 10 }, () => readSlowly(url, token))));
  figure('gateway while ten readers rest half way, grown by', slowly.most - slowly.before, 'MB');
  check(`it does not read ahead for them (${grownMbMax} MB)`, slowly.most - slowly.before < grownMbMax);
  const began = performance.now();
  const { value, before, most } = await highest(memory, () => readWhole(url, token));
  figure('whole history over rooms', (performance.now() - began) / 1000, 's');
  figure('its size', value.text.length / 1024 ** 2, 'MB');
  figure('gateway before', before, 'MB');
  figure('gateway at most while it is read', most, 'MB');
  check(`reading it grows the gateway by at most ${grownMbMax} MB`, most - before < grownMbMax);
  const rows = JSON.parse(value.text) as { message_id: number; message: string }[];
  check(`rooms answers with all of them (${rows.length})`, value.status === 200 && rows.length === count);
  check(
    'in the order in which they were committed, whole',
    rows.every((row, n) => row.message_id === expected[n]?.number && row.message === expected[n].text),
  );
};

const overV1 = async (url: string, token: string): Promise<NumberedText[]> => {
  const messages: MessagePage['messages'][number][] = [];
  let [pages, more] = [0, true];
  const began = performance.now();
  while (more) {
    const after = messages.at(-1)?.sequence ?? 0;
    const page: MessagePage = await done('GET', `${url}?after=${after}&limit=500`, { token });
    messages.push(...page.messages);
    ({ more } = page);
    pages += 1;
  }
  figure(`whole history over v1, ${pages} pages`, (performance.now() - began) / 1000, 's');
  check(`v1 has all of them (${messages.length})`, messages.length === count);
  check(
    'their sequence has no gap',
    messages.every(({ sequence }, n) => sequence === n + 1),
  );
  const texts = messages.map(({ number, clientId, content }) => ({
    number,
    clientId,
    text: content.type === 'text' ? content.text : '',
  }));
  const byClientId = new Map(texts.map(({ clientId, text }) => [clientId, text]));
  check(
    'each is what was sent',
    Array.from({ length: count }, (_, n) => n + 1).every((n) => byClientId.get(`m${n}`) === textOf(n)),
  );
  return texts;
};

await prove(
  async () => {
    // v1 opens into the realm of rooms here, so that both wires see one room.
    const environment = {
      PARLEY_DIALECT_REALMS: 'v1:rooms',
      // One account asks as often as it can.
      PARLEY_ACCOUNT_REQUESTS_PER_SECOND: '100000',
      PARLEY_ACCOUNT_REQUESTS_BURST: '100000',
    };
    const stack = await startStack({ environment });
    afterwards(() => stack.stop());
    const [url = ''] = stack.urls;
    const gateway = stack.processes.get('gateway-1');
    if (gateway === undefined) throw new Error('The stack has a gateway');
    const { grant, username, password, token } = await signUpV1(url, 'reader');
    const { access_token: roomsToken }: { access_token: string } = await done('POST', `${url}/api/auth/login`, {
      body: { username, password },
    });

    const bus = await connectNats({ servers: stack.nats.url, name: 'prove', log: busLog });
    afterwards(() => bus.drain());
    const principal = AccountPrincipal.parse({
      ...grant.account,
      ...{ kind: 'account', realm: 'rooms', dialect: 'v1', accountId: grant.account.id, sessionId: randomUUID() },
    });
    const room = await bus.client(topics).channel.create({ kind: 'room', title: 'Long' }, { principal });
    const began = performance.now();
    const repeated = await fill(bus, principal, room.id);
    const seconds = (performance.now() - began) / 1000;
    figure('messages', count);
    figure(`committed a second, ${inFlight} in flight`, count / seconds);
    figure('of these asked again because it was too much at once', repeated);

    const tap = await tapReplies(stack.nats.url);
    const expected = await overV1(`${url}/v1/channels/${room.id}/messages`, token);
    await overRooms(`${url}/api/messages/${room.number}`, roomsToken, gateway, expected);
    tap.stop();
    figure('largest reply on the bus', tap.largest / 1024, 'KB');
    check(`no reply is above the bus's limit (${bodyBytesMax / 1024} KB)`, tap.largest < bodyBytesMax);
    const readyz = await fetch(`${gateway.healthUrl}/readyz`);
    check('the gateway is ready as before', readyz.ok);

    const reader = await signUpV1(url, 'lists');
    const options = { url, databaseUrl: stack.postgres?.url ?? '', bus, writer: principal, reader, rounds, longest };
    await pagesAreFlat(options);
    await listIsQuick(options);
  },
  { withinMs: 1_200_000 },
);
finish();
