// Each part goes away and comes back while the rest stays: what still works, how fast the rest says no, how long it takes until all is
// well again, and that no other process needs a restart.
import { setTimeout as sleep } from 'node:timers/promises';
import { startStack } from '@parley/testing';
import { afterwards, prove } from './proof/cleanup.js';
import { check, figure, finish } from './proof/figures.js';
import { rawUser } from './delivery/raw-v1.js';
import { readOptions } from './proof/options.js';

readOptions();

const backWithinMs = 30_000;
/** A socket's send is tried for ten seconds before its sender is told; a little is left for a busy machine. */
const sendWithinMs = 12_000;

const timed = async (work) => {
  const began = performance.now();
  const value = await work().catch((error) => ({ error }));
  return { value, ms: performance.now() - began };
};

/** A request whose answer may be any; hanging is not one. */
const request = (url, path, { token, ...options } = {}) =>
  timed(async () => {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
    const answer = await fetch(url + path, { ...options, headers, signal: AbortSignal.timeout(20_000) });
    const text = await answer.text();
    return { status: answer.status, retryAfter: answer.headers.get('retry-after'), body: text && JSON.parse(text) };
  });

const post = (url, path, token, body) => request(url, path, { token, method: 'POST', body: JSON.stringify(body) });

let worlds = 0;

const world = async (stack) => {
  const [url, otherUrl] = stack.urls;
  const login = `ada-${(worlds += 1)}`;
  const [ada, bob] = [await rawUser(url, login), await rawUser(otherUrl, `bob-${worlds}`)];
  const { id } = await ada.rest('POST', '/channels', { kind: 'room', title: 'Outages' });
  for (const each of [ada, bob]) await each.call('channel.attach', { channelId: id });
  const { body } = (await post(url, '/v1/sessions', null, { login, password: 'correct horse' })).value;
  const token = body.accessToken;
  let said = 0;
  return {
    ...{ url, otherUrl, ada, bob, token, channelId: id },
    signIn: (at = url) => post(at, '/v1/sessions', null, { login, password: 'correct horse' }),
    list: (at = url) => request(at, '/v1/channels', { token }),
    sendOverRest: (at = url) => {
      const text = `rest ${(said += 1)}`;
      return post(at, `/v1/channels/${id}/messages`, token, { clientId: text, content: { type: 'text', text } });
    },
    /** Resolves when bob, on the other gateway, has heard what ada's socket sent. */
    chat: () =>
      timed(async () => {
        const text = `socket ${(said += 1)}`;
        await ada.say({ channelId: id }, text);
        for (const end = performance.now() + 5_000; !bob.received.some((each) => each.text === text); await sleep(5))
          if (performance.now() > end) throw new Error('not heard');
      }),
  };
};

const isWell = async ({ url, otherUrl, signIn, list, sendOverRest, chat }) => {
  for (const at of [url, otherUrl]) {
    for (const work of [signIn, list, sendOverRest]) if (!((await work(at)).value.status < 300)) return false;
  }
  return (await chat()).value?.error === undefined;
};

/** Milliseconds until everything works, on both gateways and from socket to socket. */
const recovery = async (about, what) => {
  const began = performance.now();
  for (;;) {
    if (await isWell(about)) break;
    if (performance.now() - began > backWithinMs) return check(`all is well after ${what}`, false);
    await sleep(50);
  }
  figure(`all is well after ${what}`, performance.now() - began, 'ms');
  return check(`all is well after ${what}`, true);
};

const says503 = ({ value, ms }) => value.status === 503 && Number(value.retryAfter) >= 1 && ms < 1_000;
const shown = ({ value, ms }) => `${value.status ?? value.error?.message} in ${ms.toFixed(0)} ms`;

const withoutRedis = async (stack, about) => {
  console.log('\n  Redis');
  await stack.redis.kill('SIGKILL');
  const [signIn, rest, chat] = [await about.signIn(), await about.sendOverRest(), await about.chat()];
  check(`without Redis one signs in: ${shown(signIn)}`, signIn.value.status === 201 && signIn.ms < 2_000);
  check(`… sends over REST: ${shown(rest)}`, rest.value.status === 201);
  check(`… and sockets chat (${chat.ms.toFixed(0)} ms)`, chat.value?.error === undefined);
  await stack.redis.start();
  await recovery(about, 'Redis is back');
};

const withoutNats = async (stack, about) => {
  console.log('\n  NATS');
  await stack.nats.kill('SIGKILL');
  await sleep(100);
  for (const [what, work] of Object.entries({ signIn: about.signIn, list: about.list, send: about.sendOverRest })) {
    const answer = await work();
    check(`without NATS ${what} is 503 with Retry-After within a second: ${shown(answer)}`, says503(answer));
  }
  const sent = await timed(() => about.ada.say({ channelId: about.channelId }, 'into the void'));
  const isTold = sent.value?.error?.code === 'unavailable' && sent.ms < sendWithinMs;
  check(`… and a socket's send is refused after ${sent.ms.toFixed(0)} ms`, isTold);
  await stack.nats.start();
  await recovery(about, 'NATS is back');
};

const withoutPostgres = async (stack, about) => {
  console.log('\n  PostgreSQL');
  await stack.postgres.kill('SIGKILL');
  const answers = [await about.list(), await about.signIn(), await about.sendOverRest()];
  const isTold = answers.every(({ value, ms }) => value.status === 503 && value.retryAfter && ms < 11_000);
  check(`without PostgreSQL: 503 with Retry-After (${answers.map(shown).join(', ')})`, isTold);
  await stack.postgres.start();
  await recovery(about, 'PostgreSQL is back');
};

const withoutChat = async (stack, about) => {
  console.log('\n  chat');
  const chats = ['chat-1', 'chat-2'].map((name) => stack.processes.get(name));
  await Promise.all(chats.map((each) => each.kill('SIGKILL')));
  await sleep(100);
  const [signIn, list, send] = [await about.signIn(), await about.list(), await about.sendOverRest()];
  check(`without chat one signs in: ${shown(signIn)}`, signIn.value.status === 201);
  check(`… channels are listed: ${shown(list)}`, list.value.status === 200);
  check(`… and a send is 503 with Retry-After within a second: ${shown(send)}`, says503(send));
  await Promise.all(chats.map((each) => each.start()));
  await recovery(about, 'chat is back');
};

/** Sockets of a killed gateway are gone: their clients come back, here by hand. */
const eachAlone = async (stack) => {
  console.log('\n  each process alone');
  for (const [name, each] of stack.processes) {
    const others = [...stack.processes]
      .filter(([other]) => other !== name)
      .map(([other, { pid }]) => `${other} ${pid}`);
    await each.kill('SIGKILL');
    const began = performance.now();
    await each.start();
    figure(`${name} answers again`, performance.now() - began, 'ms');
    const about = await world(stack);
    await recovery(about, `${name} was killed`);
    const after = [...stack.processes].filter(([other]) => other !== name).map(([other, { pid }]) => `${other} ${pid}`);
    check(`… and nobody else was restarted`, after.join() === others.join());
    for (const { socket } of [about.ada, about.bob]) socket.close();
  }
};

await prove(
  async () => {
    const stack = await startStack({ scale: { chat: 2, gateway: 2 } });
    afterwards(() => stack.stop());
    const ended = [];
    for (const [name, each] of stack.processes)
      each.onExit((code, signal) => signal !== 'SIGKILL' && ended.push(`${name} (${signal ?? code})`));
    const about = await world(stack);
    check('all is well to begin with', await isWell(about));
    await withoutRedis(stack, about);
    await withoutNats(stack, about);
    await withoutPostgres(stack, about);
    await withoutChat(stack, about);
    for (const { socket } of [about.ada, about.bob])
      check('a socket stayed open through it all', socket.socket.readyState === 1);
    await eachAlone(stack);
    check(`no process ended by itself: ${ended.join(', ') || 'none'}`, ended.length === 0);
  },
  { withinMs: 300_000 },
);
finish();
