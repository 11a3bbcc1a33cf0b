// What must hold of everything that was sent, stored and received.
import type { Message } from '@parley/client';
import { checkNone } from '../proof/figures.js';
import { type Acknowledged, acknowledgedOf, type Entry } from './recording-client.js';
import { readStreams, receivedAll, type Sendings, type Streams, streamsOf } from './streams.js';

type Contradictions = readonly [string, readonly string[]];

/** Reads everything back, waits for what is under way, and checks each rule. */
export const verifyDelivery = async (sendings: Sendings, { withinMs }: { withinMs: number }): Promise<void> => {
  const streams = await readStreams(sendings);
  await receivedAll(sendings.users, streams, withinMs);
  for (const [what, contradictions] of contradictionsIn(sendings, streams)) checkNone(what, contradictions);
};

const contradictionsIn = ({ users, outcomes }: Sendings, streams: Streams): Contradictions[] => {
  const { histories, inboxes } = streams;
  const senderOf = ({ from }: Acknowledged): string => users[from]?.id ?? '';
  const stored = grouped([...histories.values()].flat(), keyOf);
  const acknowledged = acknowledgedOf(outcomes);
  const lost = acknowledged.filter((outcome) => {
    const [one, ...others] = stored.get(`${senderOf(outcome)} ${outcome.clientId}`) ?? [];
    return others.length > 0 || one?.id !== outcome.sent.id || one.sequence !== outcome.sent.sequence;
  });
  const named = [...histories, ...[...inboxes].map(([id, entries]) => [`inbox of ${id}`, entries] as const)];
  const missingInInbox = acknowledged.flatMap((outcome) => {
    const { target, sent } = outcome;
    const accounts = 'directWith' in target ? [senderOf(outcome), target.directWith] : [];
    const timesIn = (id: string): number =>
      (inboxes.get(id) ?? []).filter(({ message }) => message.id === sent.id).length;
    return accounts.filter((id) => timesIn(id) !== 1).map((id) => `${sent.id} in the inbox of ${id}`);
  });
  const missed = users.flatMap((user) => [
    ...streamsOf(user, streams)
      .filter((stream) => !isSame(stream.received, stream.stored))
      .map(
        ({ name, received, stored: all }) =>
          `${user.id}, ${name}: received ${received.length} of ${all.length}${hasGap(received) ? ` … ${asNumbers(received)}` : ''}`,
      ),
    ...user.detached,
  ]);
  return [
    ['history holds each acknowledged message exactly once, as acknowledged', lost.map(({ clientId }) => clientId)],
    ['nothing is kept twice', [...stored].filter(([, all]) => all.length > 1).map(([key]) => key)],
    [
      `no sequence of ${histories.size} channels and ${inboxes.size} inboxes has a gap`,
      named.filter(([, entries]) => hasGap(entries)).map(([name, entries]) => `${name}: ${asNumbers(entries)}`),
    ],
    ['each acknowledged direct message is in both inboxes exactly once', missingInInbox],
    [`every one of ${users.length} listeners received each entry exactly once, in order`, missed],
  ];
};

const keyOf = ({ sender, clientId }: Message): string => `${sender.id} ${clientId ?? ''}`;

const grouped = <T>(values: readonly T[], keyOfValue: (value: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const value of values) groups.set(keyOfValue(value), [...(groups.get(keyOfValue(value)) ?? []), value]);
  return groups;
};

type Sequenced = Pick<Entry, 'sequence'>;

const hasGap = (entries: readonly Sequenced[]): boolean => entries.some(({ sequence }, at) => sequence !== at + 1);

/** The numbers around the first gap. */
const asNumbers = (entries: readonly Sequenced[]): string => {
  const wrong = entries.findIndex(({ sequence }, at) => sequence !== at + 1);
  const around = entries.slice(Math.max(0, wrong - 2), wrong + 4);
  return around.map(({ sequence }) => sequence).join(' ');
};

const isSame = (received: readonly Entry[], stored: readonly Entry[]): boolean =>
  received.length === stored.length &&
  received.every(({ sequence, id }, at) => sequence === stored[at]?.sequence && id === stored[at].id);
