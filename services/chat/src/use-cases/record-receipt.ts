import type { Bus } from '@parley/bus';
import { type BusEventNamed, Fault, type Realm } from '@parley/contracts';
import { accountOf, refuseAllButSystem } from '../domain/caller.js';
import { receiptAudience } from '../domain/receipt-audience.js';
import type { MemberCounts } from '../member-counts.js';
import type { NewPosition, Receipts, StoredPosition } from '../store/receipts.js';
import type { Authorizer } from './authorize.js';
import type { Operation } from './operation.js';

interface Deps {
  readonly authorizer: Pick<Authorizer, 'authorize'>;
  readonly receipts: Pick<Receipts, 'record'>;
  readonly memberCounts: MemberCounts;
  readonly events: Pick<Bus, 'publish'>;
}

export const recordReceipt =
  (deps: Deps): Operation<'receipt', 'record'> =>
  async ({ channelId, sequence, read = sequence, delivered, shared }, { principal }) => {
    const account = accountOf(principal);
    await deps.authorizer.authorize({ channelId }, 'read', account);
    const position = { accountId: account.accountId, channelId, read, delivered, shared };
    const [stored] = await recordAndPublish(deps, account.realm, [position]);
    const reached = { read: stored?.read ?? 0, delivered: stored?.delivered ?? 0 };
    return { sequence: reached.read, ...reached };
  };

/** The caller has checked that the accounts may read the channels. */
export const recordReceipts =
  (deps: Deps): Operation<'receipt', 'recordMany'> =>
  async ({ positions }, { principal }) => {
    refuseAllButSystem(principal);
    const keys = new Set(positions.map(({ accountId, channelId }) => `${accountId} ${channelId}`));
    if (keys.size < positions.length)
      throw new Fault('invalid', 'invalid_input', 'An account has one position in each channel');
    const stored = await recordAndPublish(deps, principal.realm, positions);
    return {
      positions: stored.map(({ accountId, channel, read, delivered }) => ({
        accountId,
        channelId: channel.id,
        read,
        delivered,
      })),
    };
  };

const recordAndPublish = async (
  { receipts, memberCounts, events }: Deps,
  realm: Realm,
  positions: readonly NewPosition[],
): Promise<StoredPosition[]> => {
  const stored = await receipts.record(realm, positions);
  const asked = new Map(positions.map((one) => [`${one.accountId} ${one.channelId}`, one]));
  const changed = stored.filter((one) => isCurrent(asked.get(`${one.accountId} ${one.channel.id}`), one));
  const counts = await memberCounts.of(
    realm,
    changed.filter(({ channel, shared }) => shared && channel.kind === 'group').map(({ channel }) => channel.id),
  );
  for (const { channel, accountId, read, delivered, shared, participants } of changed) {
    const memberCount = counts.get(channel.id) ?? null;
    const event: BusEventNamed<'receipt.changed'> = {
      ...{ name: 'receipt.changed', realm, channel, accountId, read, delivered },
    };
    events.publish(event, receiptAudience({ channel, accountId, isShared: shared, participants, memberCount }));
  }
  return stored;
};

/** Whether the call moved a position, or repeats one that did; an older one changes nothing. */
const isCurrent = (asked: NewPosition | undefined, { read, delivered }: StoredPosition): boolean =>
  (asked?.read !== undefined && asked.read >= read) || (asked?.delivered !== undefined && asked.delivered >= delivered);
