// What the platform holds, read over REST, and whether it is what was said and what was heard.
import { setTimeout as sleep } from 'node:timers/promises';
import { isRetryable } from '@parley/client';

/** All of a channel, page by page. */
const wholeHistory = async (client, channelId) => {
  const entries = [];
  for (let more = true, after = 0; more; after = entries.at(-1)?.sequence ?? 0) {
    const page = await patiently(() => client.rest.history(channelId, { after, limit: 500 }));
    entries.push(...page.messages);
    more = page.more;
    if (!more && page.head !== (entries.at(-1)?.sequence ?? 0)) throw new Error(`${channelId}: head ${page.head}`);
  }
  return entries;
};

/** All of an account's inbox, page by page. */
const wholeInbox = async (client) => {
  const entries = [];
  for (let more = true, after = 0; more; after = entries.at(-1)?.sequence ?? 0) {
    const page = await patiently(() => client.rest.inbox({ after, limit: 500 }));
    entries.push(...page.entries);
    more = page.more;
    if (!more && page.head !== (entries.at(-1)?.sequence ?? 0)) throw new Error(`an inbox: head ${page.head}`);
  }
  return entries;
};

/**
 * Everything that was said: the history of each channel, of each direct channel that was written to, and each account's inbox.
 * `users` are connections; several may be of one account.
 */
export const readStreams = async ({ users, channels, outcomes }) => {
  const histories = new Map();
  const readerOf = new Map();
  for (const { client, received } of users)
    for (const channelId of received.channels.keys()) readerOf.set(channelId, client);
  for (const id of channels) histories.set(id, await wholeHistory(readerOf.get(id), id));
  const directs = new Map();
  for (const { from, isDirect, sent } of outcomes)
    if (isDirect && sent) directs.set(sent.channelId, users[from].client);
  for (const [id, client] of directs) histories.set(id, await wholeHistory(client, id));
  const inboxes = new Map();
  for (const { id, client } of users) if (!inboxes.has(id)) inboxes.set(id, await wholeInbox(client));
  return { histories, inboxes };
};

/** Waits until every listener was told as much as the streams hold, or the time is up. */
export const receivedAll = async (users, { histories, inboxes }, withinMs) => {
  const until = performance.now() + withinMs;
  const isBehind = ({ id, received }) =>
    received.inbox.length < inboxes.get(id).length ||
    [...received.channels].some(([channelId, entries]) => entries.length < histories.get(channelId).length);
  while (users.some(isBehind) && performance.now() < until) await sleep(50);
};

/** What passes is asked again, as anybody who reads history would. */
const patiently = async (ask) => {
  for (const until = performance.now() + 15_000; ; await sleep(300)) {
    try {
      return await ask();
    } catch (error) {
      if (!isRetryable(error) || performance.now() > until) throw error;
    }
  }
};

const hasGap = (entries) => entries.some(({ sequence }, index) => sequence !== index + 1);

const asNumbers = (entries) => {
  const wrong = entries.findIndex(({ sequence }, index) => sequence !== index + 1);
  return entries
    .slice(Math.max(0, wrong - 2), wrong + 4)
    .map(({ sequence }) => sequence)
    .join(' ');
};

/** What must hold, each with what contradicts it. */
export const judge = ({ users, outcomes, histories, inboxes }) => {
  const messages = [...histories.values()].flat();
  const byKey = groupBy(messages, keyOf);
  const acknowledged = outcomes.filter(({ sent }) => sent);
  const lost = acknowledged.filter(({ from, clientId, sent }) => {
    const kept = byKey.get(`${users[from].id} ${clientId}`) ?? [];
    return kept.length !== 1 || kept[0].id !== sent.id || kept[0].sequence !== sent.sequence;
  });
  const doubles = [...byKey].filter(([, kept]) => kept.length > 1);
  const gaps = [...histories, ...[...inboxes].map(([id, entries]) => [`inbox of ${id}`, entries])].filter(
    ([, entries]) => hasGap(entries),
  );
  const directs = acknowledged.filter(({ isDirect }) => isDirect);
  const missingInInbox = directs.flatMap(({ from, target, sent }) =>
    [users[from].id, target.directWith]
      .filter((id) => inboxes.get(id).filter(({ message }) => message.id === sent.id).length !== 1)
      .map((id) => `${sent.id} in the inbox of ${id}`),
  );
  const deaf = users.flatMap(({ id, received, detached }) => {
    const inbox = inboxes.get(id).map(({ sequence, message }) => ({ sequence, id: message.id }));
    const streams = [
      ['inbox', received.inbox, inbox],
      ...[...received.channels].map(([channelId, told]) => [channelId, told, histories.get(channelId)]),
    ];
    const wrong = streams
      .filter(([, told, kept]) => !isSame(told, kept))
      .map(
        ([name, told, kept]) =>
          `${id}, ${name}: heard ${told.length} of ${kept.length}${hasGap(told) ? ` … ${asNumbers(told)}` : ''}`,
      );
    return [...wrong, ...detached];
  });
  return [
    ['history holds each acknowledged message exactly once, as acknowledged', lost.map(({ clientId }) => clientId)],
    ['nothing is kept twice', doubles.map(([key]) => key)],
    [
      `no sequence of ${histories.size} channels and ${inboxes.size} inboxes has a gap`,
      gaps.map(([name, entries]) => `${name}: ${asNumbers(entries)}`),
    ],
    ['each acknowledged direct message is in both inboxes exactly once', missingInInbox],
    [`every one of ${users.length} listeners heard each entry exactly once, in order`, deaf],
  ];
};

const keyOf = ({ sender, clientId }) => `${sender.id} ${clientId}`;

const groupBy = (values, key) => {
  const groups = new Map();
  for (const value of values) groups.set(key(value), [...(groups.get(key(value)) ?? []), value]);
  return groups;
};

const isSame = (told, kept) =>
  told.length === kept.length &&
  told.every(({ sequence, id }, at) => sequence === kept[at].sequence && id === kept[at].id);
