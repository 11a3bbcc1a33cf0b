// Events that the bus loses between the commit and the gateway: what they announced reaches the listeners anyway, and a removed member is
// evicted anyway. The five services run in this process over a real NATS; a bus between NATS and the gateway drops chosen events.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '@parley/bus';
import type { BusEvent } from '@parley/contracts';
import { droppingBus, type InOneProcess, startInOneProcess, startNats, startPostgres } from '@parley/testing';
import { V1Error, type V1Member, v1Member } from '../clients/v1.js';
import { afterwards, prove } from './proof/cleanup.js';
import { check, figure, finish, percentile } from './proof/figures.js';
import { readOptions, whole } from './proof/options.js';

const { values } = readOptions({ listeners: whole('of each channel (20)') });
const { listeners: count = 20 } = values;
const everyMs = 1_000;
// A round of comparing heads comes after 40 s at most, and what is missing then counts as lost a second later.
const [missedWithinMs, removedWithinMs, waitMs] = [42_000, 40_000, 45_000];

const dropped = { messages: 0, removals: 0 };
/** Channels whose removals are dropped. */
const silenced = new Set<string>();

/** Messages that begin with "lost", and removals from channels that are silenced. */
const isDropped = (event: BusEvent): boolean => {
  if (event.name === 'member.removed' && silenced.has(event.channel.id)) {
    dropped.removals += 1;
    return true;
  }
  const isLost =
    event.name === 'message.created' &&
    event.message.content.type === 'text' &&
    event.message.content.text.startsWith('lost');
  if (isLost) dropped.messages += 1;
  return isLost;
};

const startAll = async (): Promise<InOneProcess> => {
  const [nats, postgres] = await Promise.all([startNats(), startPostgres()]);
  afterwards(() => Promise.all([nats.stop(), postgres.stop()]));
  // Chat loses the events of removals too: it may not rely on them either.
  const busOf = (service: string, bus: Bus): Bus =>
    service === 'gateway' || service === 'chat' ? droppingBus(bus, isDropped) : bus;
  const environment = { PARLEY_FRAMES_PER_SECOND: '1000', PARLEY_FRAMES_BURST: '1000' };
  const all = await startInOneProcess({ natsUrl: nats.url, databaseUrl: postgres.url, busOf, environment });
  afterwards(() => all.stop());
  return all;
};

const groupOf = async (owner: V1Member, listener: V1Member, title: string): Promise<string> => {
  const group = { kind: 'group', title, memberIds: [listener.id] };
  const { id }: { id: string } = await owner.rest('POST', '/channels', group);
  await listener.call('channel.attach', { channelId: id });
  return id;
};

/** Milliseconds from the acknowledgement until a listener received the text; undefined: never. */
const receivedAfter = async ({ received }: V1Member, text: string, began: number): Promise<number | undefined> => {
  for (const end = began + waitMs; performance.now() < end; await sleep(20)) {
    const found = received.find((each) => each.text === text);
    if (found) return Math.max(0, found.at - began);
  }
  return undefined;
};

type Target = Parameters<V1Member['send']>[0];

const sendAndWait = async (owner: V1Member, listener: V1Member, target: Target, text: string, next?: string) => {
  await owner.send(target, text);
  const began = performance.now();
  if (next !== undefined) await owner.send(target, next);
  return receivedAfter(listener, text, began);
};

/** Milliseconds until the listener may not write any more; undefined: it always may. */
const refusedAfter = async (listener: V1Member, channelId: string, began: number): Promise<number | undefined> => {
  for (const end = began + waitMs; performance.now() < end; await sleep(250)) {
    try {
      await listener.send({ channelId }, 'am I still here?');
    } catch (error) {
      if (error instanceof V1Error && error.code === 'forbidden') return performance.now() - began;
      throw error;
    }
  }
  return undefined;
};

/** The listener is removed, which only topics knows. With `traffic` the others go on sending. */
const removal = async (owner: V1Member, listener: V1Member, channelId: string, traffic: boolean) => {
  silenced.add(channelId);
  // So that chat, too, has cached the permission.
  await listener.send({ channelId }, 'here I am');
  await owner.rest('DELETE', `/channels/${channelId}/members/${listener.id}`);
  const began = performance.now();
  const writing = traffic ? refusedAfter(listener, channelId, began) : Promise.resolve(undefined);
  const notified = () => listener.removals.find((each) => each.channelId === channelId);
  for (const end = began + waitMs; performance.now() < end && !(notified() && !traffic); await sleep(1_000))
    if (traffic) await owner.send({ channelId }, 'between us');
  const lastReceived = listener.received.findLast(
    ({ message, text }) => message.channelId === channelId && text === 'between us',
  );
  const notice = notified();
  return {
    notifiedMs: notice && notice.at - began,
    receivedMs: lastReceived ? lastReceived.at - began : 0,
    refusedMs: await writing,
  };
};

/** All that one listener goes through, beginning at a moment of its own. */
const story = async (owner: V1Member, listener: V1Member, n: number) => {
  const group = (title: string): Promise<string> => groupOf(owner, listener, `${title} ${n}`);
  const [gap, last, quiet, loud] = await Promise.all([group('gap'), group('last'), group('quiet'), group('loud')]);
  await sleep(n * everyMs);
  const [gapMs, lastMs, directMs, silent, talkative] = await Promise.all([
    sendAndWait(owner, listener, { channelId: gap }, `lost gap ${n}`, `next ${n}`),
    sendAndWait(owner, listener, { channelId: last }, `lost last ${n}`),
    sendAndWait(owner, listener, { directWith: listener.id }, `lost direct ${n}`),
    removal(owner, listener, quiet, false),
    removal(owner, listener, loud, true),
  ]);
  const inOrder = listener.received
    .filter(({ message }) => message.channelId === gap)
    .map(({ message }) => message.sequence);
  return { gapMs, lastMs, directMs, silent, talkative, inOrder };
};
type Story = Awaited<ReturnType<typeof story>>;

await prove(
  async () => {
    const { url } = await startAll();
    const owner = await v1Member(url, 'owner');
    const listeners: V1Member[] = [];
    for (let n = 0; n < count; n += 1) listeners.push(await v1Member(url, `listener-${n}`));
    afterwards(() => [owner, ...listeners].forEach(({ socket }) => socket.close()));
    const stories = await Promise.all(listeners.map((listener, n) => story(owner, listener, n)));

    /** Figures of what came, and whether all came in time. */
    const within = (what: string, withinMs: number, timeOf: (one: Story) => number | undefined): void => {
      const came = stories.flatMap((one) => timeOf(one) ?? []);
      figure(`${what}: median`, percentile(came, 0.5) / 1000, 's');
      figure(`${what}: longest`, Math.max(...came) / 1000, 's');
      check(
        `${what}: all ${stories.length} within ${withinMs / 1000} s`,
        came.length === stories.length && Math.max(...came) <= withinMs,
      );
    };
    figure('events of messages dropped', dropped.messages);
    figure('events of removals dropped', dropped.removals);
    within('a lost message with another behind it', 5_000, ({ gapMs }) => gapMs);
    within("a lost message, the channel's last", missedWithinMs, ({ lastMs }) => lastMs);
    within('a lost first direct message', missedWithinMs, ({ directMs }) => directMs);
    check(
      'each was received once and in order',
      stories.every(({ inOrder }) => inOrder.join() === '1,2'),
    );
    const removed = removedWithinMs;
    within('removed, the event lost, nobody sends: notified', removed, ({ silent }) => silent.notifiedMs);
    within('removed, the event lost, others send: notified', removed, ({ talkative }) => talkative.notifiedMs);
    within('the last message that a removed member received', removed, ({ talkative }) => talkative.receivedMs);
    within('the last message that a removed member could write', removed, ({ talkative }) => talkative.refusedMs);
  },
  { withinMs: 180_000 },
);
finish();
