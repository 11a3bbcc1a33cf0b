// Each part stops and comes back while the rest runs: what still works, how fast the rest refuses, how long it takes until all works
// again, and that no other process needs a restart.
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningServer, type Stack, startStack } from '@parley/testing';
import { type Answer, ask, type Request } from '../clients/http.js';
import { signUpV1, textContent, V1Error, type V1Member, v1Member } from '../clients/v1.js';
import { afterwards, prove } from './proof/cleanup.js';
import { check, figure, finish } from './proof/figures.js';
import { readOptions } from './proof/options.js';

readOptions({});

const backWithinMs = 30_000;
/** A socket's send is tried for ten seconds before its sender gets an error; a little is left for a busy machine. */
const sendWithinMs = 12_000;
const requestWithinMs = 20_000;

/** What came of a request, an error included, and how long it took. */
interface Timed<T> {
  readonly value?: T;
  readonly error?: unknown;
  readonly ms: number;
}

const timed = async <T>(work: () => Promise<T>): Promise<Timed<T>> => {
  const began = performance.now();
  const outcome = await work().then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  return { ...outcome, ms: performance.now() - began };
};

type TimedAnswer = Timed<Answer>;

/** Any answer is one; hanging is not. */
const request = (method: string, url: string, options: Request): Promise<TimedAnswer> =>
  timed(() => {
    const tooLate = sleep(requestWithinMs, undefined, { ref: false }).then(() => {
      throw new Error(`no answer within ${requestWithinMs} ms`);
    });
    return Promise.race([ask(method, url, options), tooLate]);
  });

/** A room with a user on each gateway, and one request of each sort. */
interface Setup {
  readonly urls: readonly string[];
  readonly ada: V1Member;
  readonly bob: V1Member;
  readonly channelId: string;
  signIn(url?: string): Promise<TimedAnswer>;
  list(url?: string): Promise<TimedAnswer>;
  sendOverRest(url?: string): Promise<TimedAnswer>;
  /** Resolves when bob, on the other gateway, has received what ada's socket sent. */
  chat(): Promise<Timed<void>>;
}

let setups = 0;

const setup = async ({ urls }: Stack): Promise<Setup> => {
  const [url = '', otherUrl = ''] = urls;
  const number = (setups += 1);
  const { username: login, password, token } = await signUpV1(url, `eve-${number}`);
  const [ada, bob] = [await v1Member(url, `ada-${number}`), await v1Member(otherUrl, `bob-${number}`)];
  const room = { kind: 'room', title: 'Outages' };
  const { id: channelId }: { id: string } = await ada.rest('POST', '/channels', room);
  for (const each of [ada, bob]) await each.call('channel.attach', { channelId });
  let sent = 0;
  return {
    ...{ urls, ada, bob, channelId },
    signIn: (at = url) => request('POST', `${at}/v1/sessions`, { body: { login, password } }),
    list: (at = url) => request('GET', `${at}/v1/channels`, { token }),
    sendOverRest: (at = url) => {
      const text = `rest ${(sent += 1)}`;
      const body = { clientId: text, content: textContent(text) };
      return request('POST', `${at}/v1/channels/${channelId}/messages`, { token: ada.token, body });
    },
    chat: () =>
      timed(async () => {
        const text = `socket ${(sent += 1)}`;
        await ada.send({ channelId }, text);
        for (const end = performance.now() + 5_000; !bob.received.some((each) => each.text === text); await sleep(5))
          if (performance.now() > end) throw new Error('not received');
      }),
  };
};

const succeeds = ({ value }: TimedAnswer): boolean => value !== undefined && value.status < 300;

const allWorks = async ({ urls, signIn, list, sendOverRest, chat }: Setup): Promise<boolean> => {
  for (const url of urls) for (const work of [signIn, list, sendOverRest]) if (!succeeds(await work(url))) return false;
  return (await chat()).error === undefined;
};

/** Milliseconds until everything works, on both gateways and from socket to socket. */
const recovery = async (about: Setup, what: string): Promise<void> => {
  const began = performance.now();
  while (!(await allWorks(about))) {
    if (performance.now() - began > backWithinMs) return check(`all is well after ${what}`, false);
    await sleep(50);
  }
  figure(`all is well after ${what}`, performance.now() - began, 'ms');
  check(`all is well after ${what}`, true);
};

const hasStatus = ({ value }: TimedAnswer, status: number): boolean => value?.status === status;
const is503 = (answer: TimedAnswer, withinMs: number): boolean =>
  hasStatus(answer, 503) && Number(answer.value?.headers.get('retry-after')) >= 1 && answer.ms < withinMs;
const shown = ({ value, error, ms }: TimedAnswer): string =>
  `${value?.status ?? (error instanceof Error ? error.message : 'no answer')} in ${ms.toFixed(0)} ms`;

const withoutRedis = async ({ redis }: Stack, about: Setup): Promise<void> => {
  console.log('\n  Redis');
  await redis.kill('SIGKILL');
  const [signIn, rest, chat] = [await about.signIn(), await about.sendOverRest(), await about.chat()];
  check(`without Redis one signs in: ${shown(signIn)}`, hasStatus(signIn, 201) && signIn.ms < 2_000);
  check(`… sends over REST: ${shown(rest)}`, hasStatus(rest, 201));
  check(`… and sockets chat (${chat.ms.toFixed(0)} ms)`, chat.error === undefined);
  await redis.start();
  await recovery(about, 'Redis is back');
};

const withoutNats = async ({ nats }: Stack, about: Setup): Promise<void> => {
  console.log('\n  NATS');
  await nats.kill('SIGKILL');
  await sleep(100);
  for (const [what, work] of Object.entries({ signIn: about.signIn, list: about.list, send: about.sendOverRest })) {
    const answer = await work();
    check(`without NATS ${what} is 503 with Retry-After within a second: ${shown(answer)}`, is503(answer, 1_000));
  }
  const sent = await timed(() => about.ada.send({ channelId: about.channelId }, 'into the void'));
  const isRefused = sent.error instanceof V1Error && sent.error.code === 'unavailable' && sent.ms < sendWithinMs;
  check(`… and a socket's send is refused after ${sent.ms.toFixed(0)} ms`, isRefused);
  await nats.start();
  await recovery(about, 'NATS is back');
};

const withoutPostgres = async (postgres: RunningServer, about: Setup): Promise<void> => {
  console.log('\n  PostgreSQL');
  await postgres.kill('SIGKILL');
  const answers = [await about.list(), await about.signIn(), await about.sendOverRest()];
  check(
    `without PostgreSQL: 503 with Retry-After (${answers.map(shown).join(', ')})`,
    answers.every((answer) => is503(answer, 11_000)),
  );
  await postgres.start();
  await recovery(about, 'PostgreSQL is back');
};

const withoutChat = async ({ processes }: Stack, about: Setup): Promise<void> => {
  console.log('\n  chat');
  const chats = [...processes.values()].filter(({ service }) => service === 'chat');
  await Promise.all(chats.map((each) => each.kill('SIGKILL')));
  await sleep(100);
  const [signIn, list, send] = [await about.signIn(), await about.list(), await about.sendOverRest()];
  check(`without chat one signs in: ${shown(signIn)}`, hasStatus(signIn, 201));
  check(`… channels are listed: ${shown(list)}`, hasStatus(list, 200));
  check(`… and a send is 503 with Retry-After within a second: ${shown(send)}`, is503(send, 1_000));
  await Promise.all(chats.map((each) => each.start()));
  await recovery(about, 'chat is back');
};

/** Sockets of a killed gateway are gone: new ones are opened each time. */
const eachAlone = async (stack: Stack): Promise<void> => {
  console.log('\n  each process alone');
  for (const [name, each] of stack.processes) {
    const pidsOfOthers = (): string =>
      [...stack.processes.values()].flatMap((other) => (other === each ? [] : `${other.name} ${other.pid}`)).join();
    const before = pidsOfOthers();
    await each.kill('SIGKILL');
    const began = performance.now();
    await each.start();
    figure(`${name} answers again`, performance.now() - began, 'ms');
    const about = await setup(stack);
    await recovery(about, `${name} was killed`);
    check('… and no other process was restarted', pidsOfOthers() === before);
    for (const { socket } of [about.ada, about.bob]) socket.close();
  }
};

await prove(
  async () => {
    const stack = await startStack({ scale: { chat: 2, gateway: 2 } });
    afterwards(() => stack.stop());
    if (stack.postgres === null) throw new Error('The stack has a PostgreSQL of its own');
    const ended: string[] = [];
    for (const [name, each] of stack.processes)
      each.onExit((code, signal) => signal !== 'SIGKILL' && ended.push(`${name} (${signal ?? code})`));
    const about = await setup(stack);
    check('all is well to begin with', await allWorks(about));
    await withoutRedis(stack, about);
    await withoutNats(stack, about);
    await withoutPostgres(stack.postgres, about);
    await withoutChat(stack, about);
    for (const { socket } of [about.ada, about.bob])
      check('a socket stayed open through it all', socket.socket.readyState === 1);
    await eachAlone(stack);
    check(`no process ended by itself: ${ended.join(', ') || 'none'}`, ended.length === 0);
  },
  { withinMs: 300_000 },
);
finish();
