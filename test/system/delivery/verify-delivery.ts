// What must hold of everything that was sent, stored and received.
import type { Message } from '@parley/client';
import { checkNone, figure } from '../proof/figures.js';
import { type Acknowledged, acknowledgedOf, type Entry } from './recording-client.js';
import { readStreams, receivedAll, type Sendings, type Streams, streamsOf } from './streams.js';

interface Rule {
  readonly rule: string;
  /** What breaks it. */
  readonly contradictions: readonly string[];
  /** What their number is called. */
  readonly counted: string;
}

interface Waiting {
  readonly withinMs: number;
  /** How far the head of each stream is beyond its last entry: 0, but after a restore. */
  readonly beyond?: number;
}

/** Reads everything back, waits for what is under way, and checks each rule. */
export const verifyDelivery = async (sendings: Sendings, { withinMs, beyond }: Waiting): Promise<void> => {
  const streams = await readStreams(sendings, beyond);
  await receivedAll(sendings.users, streams, withinMs);
  const rules = rulesOf(sendings, streams);
  for (const { rule, contradictions } of rules) checkNone(rule, contradictions);
  for (const { counted, contradictions } of rules) figure(counted, contradictions.length);
};

const rulesOf = ({ users, outcomes }: Sendings, streams: Streams): Rule[] => {
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
    {
      rule: 'history holds each acknowledged message exactly once, as acknowledged',
      contradictions: lost.map(({ clientId }) => clientId),
      counted: 'acknowledged messages lost',
    },
    {
      rule: 'nothing is kept twice',
      contradictions: [...stored].filter(([, all]) => all.length > 1).map(([key]) => key),
      counted: 'messages doubled',
    },
    {
      rule: `no sequence of ${histories.size} channels and ${inboxes.size} inboxes has a gap`,
      contradictions: named
        .filter(([, entries]) => hasGap(entries))
        .map(([name, entries]) => `${name}: ${asNumbers(entries)}`),
      counted: 'streams with a gap',
    },
    {
      rule: 'each acknowledged direct message is in both inboxes exactly once',
      contradictions: missingInInbox,
      counted: 'direct messages missing in an inbox',
    },
    {
      rule: `every one of ${users.length} listeners received each entry exactly once, in order`,
      contradictions: missed,
      counted: 'listeners with a lost, repeated or misplaced entry',
    },
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
