import type { LiveChannel, ReceiptPosition, TimelineMessage } from '@parley/client';
import { useEffect, useState } from 'preact/hooks';
import { useWatchable } from '../state/use-watchable.js';
import { sentenceFor } from '../text/plain-words.js';
import { fullTime } from '../text/times.js';
import { type PlainKey, t, tn } from '../text/translate.js';
import { Avatar } from './avatar.js';
import { Problem } from './form-parts.js';
import { Modal } from './modal.js';
import { useClient, useMe } from './session-context.js';
import { shownName } from './use-channels.js';

interface Named {
  readonly id: string;
  readonly name: string | null;
}

interface DetailsProps {
  readonly message: TimelineMessage;
  readonly channel: LiveChannel;
}

const People = ({ people }: { people: readonly Named[] }) => (
  <ul class="people-list">
    {people.map(({ id, name }) => (
      <li key={id}>
        <Avatar id={id} name={shownName(name)} size="small" />
        <span class="option-name">{shownName(name)}</span>
      </li>
    ))}
  </ul>
);

const useReactions = ({ id }: TimelineMessage) => {
  const { rest } = useClient();
  const [byEmoji, setByEmoji] = useState<ReadonlyMap<string, readonly Named[]> | null>(null);
  const [problem, setProblem] = useState<PlainKey | null>(null);
  useEffect(() => {
    const ending = new AbortController();
    const load = async (messageId: string): Promise<void> => {
      const { reactions } = await rest.reactions(messageId, {}, { signal: ending.signal });
      const found = new Map<string, Named[]>();
      for (const { emoji, account } of reactions) found.set(emoji, [...(found.get(emoji) ?? []), account]);
      setByEmoji(found);
    };
    if (id !== null) load(id).catch((error: unknown) => !ending.signal.aborted && setProblem(sentenceFor(error)));
    return () => ending.abort();
  }, [rest, id]);
  return { byEmoji, problem };
};

const Reacted = ({ message }: Pick<DetailsProps, 'message'>) => {
  const { byEmoji, problem } = useReactions(message);
  if (message.reactions.length === 0) return null;
  return (
    <section>
      <h3>{t('details.reactions')}</h3>
      <Problem problem={problem} />
      {byEmoji === null && problem === null && <p class="hint">{t('app.loading')}</p>}
      {[...(byEmoji ?? [])].map(([emoji, people]) => (
        <div key={emoji} class="reacted">
          <span class="reacted-emoji">
            {emoji} <b>{people.length}</b>
          </span>
          <People people={people} />
        </div>
      ))}
    </section>
  );
};

/** How many have read and received it, in groups where names are not given. */
const useCounts = ({ message, channel }: DetailsProps, isWanted: boolean): ReceiptPosition | null => {
  const [counts, setCounts] = useState<ReceiptPosition | null>(null);
  useEffect(() => {
    const ending = new AbortController();
    if (isWanted && message.sequence !== null)
      channel.countReceipts(message.sequence, { signal: ending.signal }).then(setCounts, () => undefined);
    return () => ending.abort();
  }, [channel, message.sequence, isWanted]);
  return counts;
};

const Receipts = ({ message, channel }: DetailsProps) => {
  const me = useMe();
  const positions = useWatchable(channel.receipts);
  const members = useWatchable(channel.members);
  const counts = useCounts({ message, channel }, positions.size === 0);
  const sequence = message.sequence ?? Infinity;
  const others = members.filter(({ accountId }) => accountId !== me.id && accountId !== message.sender.id);
  const where = (fits: (position: ReceiptPosition) => boolean): readonly Named[] =>
    others
      .filter(({ accountId }) => fits(positions.get(accountId) ?? { read: 0, delivered: 0 }))
      .map(({ accountId, name }) => ({ id: accountId, name }));
  const groups: readonly (readonly [PlainKey, readonly Named[]])[] = [
    ['details.readBy', where(({ read }) => read >= sequence)],
    ['details.deliveredTo', where(({ read, delivered }) => read < sequence && delivered >= sequence)],
  ];
  if (counts !== null)
    return (
      <section>
        <h3>{t('details.readBy')}</h3>
        <p>{tn('channel.members', counts.read)}</p>
      </section>
    );
  return (
    <>
      {groups.map(([title, people]) =>
        people.length === 0 && title !== 'details.readBy' ? null : (
          <section key={title}>
            <h3>{t(title)}</h3>
            {people.length === 0 ? <p class="hint">{t('details.nobody')}</p> : <People people={people} />}
          </section>
        ),
      )}
    </>
  );
};

/** When a message was sent and changed, who reacted, and in groups and direct channels who has read it. */
export const DetailsDialog = ({ message, channel }: DetailsProps) => {
  const kind = useWatchable(channel.info)?.kind;
  return (
    <Modal title={t('details.title')} class="details">
      <dl class="facts">
        <dt>{t('details.sent')}</dt>
        <dd>
          {message.sender.name}, {fullTime(message.sentAt)}
        </dd>
        {message.editedAt !== null && (
          <>
            <dt>{t('details.edited')}</dt>
            <dd>{fullTime(message.editedAt)}</dd>
          </>
        )}
      </dl>
      <Reacted message={message} />
      {(kind === 'group' || kind === 'direct') && message.threadRoot === null && (
        <Receipts message={message} channel={channel} />
      )}
    </Modal>
  );
};
