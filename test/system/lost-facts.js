// Facts that the bus loses between the commit and the gateway: what they told reaches the listeners anyway, and who was removed is shown
// out anyway. The five services run in this process over a real NATS, and what hangs between NATS and the gateway drops facts by plan.
import { setTimeout as sleep } from 'node:timers/promises';
import { droppingBus, startInOneProcess, startNats, startPostgres } from '@parley/testing';
import { afterwards, prove } from './proof/cleanup.js';
import { check, figure, finish, percentile } from './proof/figures.js';
import { rawUser } from './delivery/raw-v1.js';
import { readOptions, whole } from './proof/options.js';

const { values } = readOptions({ listeners: whole('of each channel (20)') });
const count = Number(values.listeners ?? 20);
const everyMs = 1_000;
// A round of comparing heads comes after 40 s at most, and what is missing then counts as lost a second later.
const [missedWithinMs, removedWithinMs, waitMs] = [42_000, 40_000, 45_000];

const dropped = { messages: 0, removals: 0 };
const silenced = new Set();
/** Messages that begin with "lost", and removals from channels that are named here. */
const isDropped = (event) => {
  if (event.name === 'member.removed' && silenced.has(event.channel.id)) dropped.removals += 1;
  else if (event.name === 'message.created' && event.message.content.text?.startsWith('lost')) dropped.messages += 1;
  else return false;
  return true;
};

const startAll = async () => {
  const [nats, postgres] = await Promise.all([startNats(), startPostgres()]);
  afterwards(() => Promise.all([nats.stop(), postgres.stop()]));
  // Chat loses the news of removals too: it may not rely on them either.
  const loses = (service, bus) =>
    service === 'gateway' || service === 'chat' ? droppingBus(bus, (event) => isDropped(event)) : bus;
  const environment = { PARLEY_FRAMES_PER_SECOND: '1000', PARLEY_FRAMES_BURST: '1000' };
  const all = await startInOneProcess({ natsUrl: nats.url, databaseUrl: postgres.url, busOf: loses, environment });
  afterwards(() => all.stop());
  return all;
};

const groupOf = async (owner, listener, title) => {
  const { id } = await owner.rest('POST', '/channels', { kind: 'group', title, memberIds: [listener.id] });
  await listener.call('channel.attach', { channelId: id });
  return id;
};

/** Milliseconds from the acknowledgement until a listener heard the text; undefined: never. */
const until = async (listener, text, began) => {
  for (const end = began + waitMs; performance.now() < end; await sleep(20)) {
    const found = listener.received.find((each) => each.text === text);
    if (found) return Math.max(0, found.at - began);
  }
  return undefined;
};

const sayAndWait = async (owner, listener, target, text, next) => {
  await owner.say(target, text);
  const began = performance.now();
  if (next) await owner.say(target, next);
  return until(listener, text, began);
};

const refusedAfter = async (listener, channelId, began) => {
  for (const end = began + waitMs; performance.now() < end; await sleep(250)) {
    const error = await listener.say({ channelId }, 'am I still here?').then(
      () => null,
      (refusal) => refusal,
    );
    if (error?.code === 'forbidden') return performance.now() - began;
    if (error) throw error;
  }
  return undefined;
};

/** Somebody removes the listener, and nobody but topics knows. With `traffic` the others go on talking. */
const removal = async (owner, listener, channelId, traffic) => {
  silenced.add(channelId);
  // So that chat, too, remembers that it may.
  await listener.say({ channelId }, 'here I am');
  await owner.rest('DELETE', `/channels/${channelId}/members/${listener.id}`);
  const began = performance.now();
  const writing = traffic ? refusedAfter(listener, channelId, began) : Promise.resolve(null);
  const told = () => listener.removals.find((each) => each.channelId === channelId);
  for (const end = began + waitMs; performance.now() < end && !(told() && !traffic); await sleep(1_000))
    if (traffic) await owner.say({ channelId }, 'between us');
  const receivedLast = listener.received.findLast(
    ({ message, text }) => message.channelId === channelId && text === 'between us',
  );
  return {
    toldMs: told() && told().at - began,
    receivedMs: receivedLast ? receivedLast.at - began : 0,
    refusedMs: await writing,
  };
};

/** All that one listener goes through, beginning at a moment of its own. */
const story = async (owner, listener, n) => {
  const [gap, last, quiet, loud] = await Promise.all(
    ['gap', 'last', 'quiet', 'loud'].map((title) => groupOf(owner, listener, `${title} ${n}`)),
  );
  await sleep(n * everyMs);
  const [gapMs, lastMs, directMs, silent, talkative] = await Promise.all([
    sayAndWait(owner, listener, { channelId: gap }, `lost gap ${n}`, `next ${n}`),
    sayAndWait(owner, listener, { channelId: last }, `lost last ${n}`),
    sayAndWait(owner, listener, { directWith: listener.id }, `lost direct ${n}`),
    removal(owner, listener, quiet, false),
    removal(owner, listener, loud, true),
  ]);
  const inOrder = listener.received
    .filter(({ message }) => message.channelId === gap)
    .map(({ message }) => message.sequence);
  return { gapMs, lastMs, directMs, silent, talkative, inOrder };
};

/** Figures of what came, and whether all came in time. */
const judge = (what, times, withinMs) => {
  const came = times.filter((ms) => ms !== undefined);
  figure(`${what}: median`, percentile(came, 0.5) / 1000, 's');
  figure(`${what}: longest`, Math.max(...came) / 1000, 's');
  check(
    `${what}: all ${times.length} within ${withinMs / 1000} s`,
    came.length === times.length && Math.max(...came) <= withinMs,
  );
};

await prove(
  async () => {
    const { url } = await startAll();
    const owner = await rawUser(url, 'owner');
    const listeners = [];
    for (let n = 0; n < count; n += 1) listeners.push(await rawUser(url, `listener-${n}`));
    afterwards(() => [owner, ...listeners].forEach(({ socket }) => socket.close()));
    const stories = await Promise.all(listeners.map((listener, n) => story(owner, listener, n)));

    figure('facts of messages dropped', dropped.messages);
    figure('facts of removals dropped', dropped.removals);
    judge(
      'a lost message with another behind it',
      stories.map(({ gapMs }) => gapMs),
      5_000,
    );
    judge(
      "a lost message, the channel's last",
      stories.map(({ lastMs }) => lastMs),
      missedWithinMs,
    );
    judge(
      'a lost first direct message',
      stories.map(({ directMs }) => directMs),
      missedWithinMs,
    );
    check(
      'each was heard once and in order',
      stories.every(({ inOrder }) => inOrder.join() === '1,2'),
    );
    judge(
      'removed, the news lost, nobody talks: told',
      stories.map(({ silent }) => silent.toldMs),
      removedWithinMs,
    );
    judge(
      'removed, the news lost, others talk: told',
      stories.map(({ talkative }) => talkative.toldMs),
      removedWithinMs,
    );
    judge(
      'the last message that a removed member heard',
      stories.map(({ talkative }) => talkative.receivedMs),
      removedWithinMs,
    );
    judge(
      'the last message that a removed member could write',
      stories.map(({ talkative }) => talkative.refusedMs),
      removedWithinMs,
    );
  },
  { withinMs: 180_000 },
);
finish();
