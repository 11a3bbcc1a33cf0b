import { Fault, asFault, deadlineIn } from '@parley/contracts';
import type { AccountId, ChannelId, ChannelSnapshot, TraceHeaders } from '@parley/contracts';
import type { Result, Resumed } from '../protocol/command.js';
import type { Core } from '../core.js';
import type { Log } from '@parley/runtime';
import { groupedCalls, type GroupedCalls } from '../timing/grouped-calls.js';
import { createSpacing } from '../timing/spacing.js';
import type { Timings } from '../timing/timings.js';
import type { Joining, StreamMember } from './member.js';
import type { Stream } from './stream.js';
import type { StreamRegistry } from './stream-registry.js';
import { channelScope, systemOf } from '../protocol/scopes.js';

const triesMax = 3;
const sinceJoiningMax = 100;
/** As many as one question of topics may have. */
const readersMax = 500;
/** Questions about different channels share a message and a statement when they are asked together. */
const askEveryMs = 5;

interface Readers {
  readonly membershipVersion: number;
  readonly accountIds: ReadonlySet<AccountId>;
}

type Attached = Extract<Result, { type: 'channel.attach' }>;

export interface AttachmentsDeps {
  readonly core: Core;
  readonly log: Log;
  readonly registry: StreamRegistry;
  readonly timings: Pick<Timings, 'attachedMax' | 'callMs'>;
  /** Replays the entries after a sequence, and joins the member to the stream there. */
  catchUp(member: StreamMember, stream: Stream, after: number): Promise<Resumed>;
}

/** Which channels each connection receives: topics decides whether it may, chat has what it missed. */
export class Attachments {
  /** Channels that are being attached to members because their accounts joined them. */
  private readonly following = new Map<StreamMember, Set<ChannelId>>();

  private readonly readers: GroupedCalls<Stream, AccountId, Readers>;
  private readonly askingTogether = createSpacing(askEveryMs, () => performance.now());

  constructor(private readonly deps: AttachmentsDeps) {
    this.readers = groupedCalls((stream, accountIds) => this.readersOf(stream, accountIds));
  }

  /** `trace`: of the command, where it has no async context. */
  async attach(
    member: StreamMember,
    channelId: ChannelId,
    after: number | undefined,
    trace?: TraceHeaders,
  ): Promise<Attached> {
    const stream = await this.enter(member, channelId, null, trace);
    const channel = member.attached.get(channelId);
    if (!channel) throw notAttached();
    const resumed = after === undefined ? this.beginNow(member, stream) : await this.catchUpOne(member, stream, after);
    return { type: 'channel.attach', channel, resumed };
  }

  detach(member: StreamMember, channelId: ChannelId): boolean {
    const stream = this.deps.registry.find(channelScope(channelId));
    if (!member.unlist(channelId)) return false;
    if (stream) this.leave(member, stream);
    return true;
  }

  /** Its account joined a channel: the member also receives what was sent since, however late the event arrived. */
  follow(member: StreamMember, { channel, member: { joinedAt } }: Joining): void {
    const following = this.following.get(member) ?? new Set();
    if (member.attached.has(channel.id) || following.has(channel.id)) return;
    this.following.set(member, following.add(channel.id));
    this.readBefore(member, channel.id, joinedAt)
      .then((after) => this.attach(member, channel.id, after))
      .catch((error: unknown) => {
        const { reason } = asFault(error);
        if (reason === 'detached' || reason === 'not_member' || !member.isLive) return;
        this.deps.log.warn({ connectionId: member.id, reason }, 'A channel that was joined could not be attached');
      })
      .finally(() => {
        following.delete(channel.id);
        if (following.size === 0) this.following.delete(member);
      });
  }

  /** Detaches all channels of a connection that is closed. */
  release(member: StreamMember): void {
    for (const channelId of [...member.attached.keys()]) this.detach(member, channelId);
  }

  /** A newer connection of the account superseded this one: it stays attached, and receives nothing. */
  suspend(member: StreamMember): void {
    for (const stream of this.streamsOf(member)) stream.leave(member);
  }

  streamsOf(member: StreamMember): Stream[] {
    return [...member.attached.keys()].flatMap((id) => this.deps.registry.find(channelScope(id)) ?? []);
  }

  /**
   * Attaches the member to the channel without delivering to it yet. Subscribes first and authorizes afterwards, and again when a change
   * of the membership arrived meanwhile, so that no removal is missed. `opened`: the snapshot that the dialect's `open` returned.
   */
  async enter(
    member: StreamMember,
    channelId: ChannelId,
    opened: ChannelSnapshot | null,
    trace?: TraceHeaders,
  ): Promise<Stream> {
    const { registry, timings } = this.deps;
    const scope = channelScope(channelId);
    if (member.attached.size >= timings.attachedMax) {
      throw new Fault('exhausted', 'too_many_channels', 'This connection is attached to as many channels as it may be');
    }
    // The snapshot from `open` is valid only if the stream has received the changes since then.
    let channel = registry.find(scope)?.listening ? opened : null;
    const stream = await registry.take(scope, member.realm);
    let entered = false;
    try {
      for (let tries = 0; !channel || (channel.membershipVersion < stream.seenVersion && tries < triesMax); tries++) {
        channel = (await this.readable(member, stream)) ?? (await this.authorized(member, channelId, trace));
      }
      if (!member.isLive) throw notAttached();
      entered = this.list(member, stream, channel);
      return stream;
    } finally {
      if (!entered) registry.giveBack(stream);
    }
  }

  private async readBefore(member: StreamMember, channelId: ChannelId, joinedAt: string): Promise<number> {
    const options = { principal: systemOf(member.realm), deadline: deadlineIn(this.deps.timings.callMs) };
    const page = await this.deps.core.chat.message.list({ channelId, limit: sinceJoiningMax }, options);
    const first = page.messages.find(({ sentAt }) => sentAt >= joinedAt);
    return first ? first.sequence - 1 : page.head;
  }

  /**
   * Many accounts that attach to a channel at once share a question. null: only `authorize` can answer, because this gateway does not have the
   * channel as it is now, or the account may not read it.
   */
  private async readable({ principal: { accountId } }: StreamMember, stream: Stream): Promise<ChannelSnapshot | null> {
    if (!stream.channel) return null;
    await this.askingTogether();
    const { membershipVersion, accountIds } = await this.readers.add(stream, accountId);
    const { channel } = stream;
    return accountIds.has(accountId) && channel?.membershipVersion === membershipVersion ? channel : null;
  }

  private async readersOf({ realm, channelId }: Stream, accountIds: readonly AccountId[]): Promise<Readers> {
    const options = { principal: systemOf(realm), deadline: deadlineIn(this.deps.timings.callMs) };
    const { filterReaders } = this.deps.core.topics.member;
    // More that wait at once are authorized one by one.
    const asked = [...new Set(accountIds)].slice(0, readersMax);
    const answer = await filterReaders({ channelId, accountIds: asked }, options);
    return { membershipVersion: answer.membershipVersion, accountIds: new Set(answer.accountIds) };
  }

  private async authorized(
    member: StreamMember,
    channelId: ChannelId,
    trace: TraceHeaders | undefined,
  ): Promise<ChannelSnapshot> {
    const { core, timings } = this.deps;
    const options = { principal: member.principal, deadline: deadlineIn(timings.callMs), trace };
    const { channel } = await core.topics.member.authorize({ target: { channelId }, to: 'read' }, options);
    const { id, number, kind, slug, title, membershipVersion } = channel;
    if (kind === 'direct') {
      throw new Fault('invalid', 'direct_channel', 'Messages of direct channels are received through the inbox');
    }
    return { id, number, kind, slug, title, membershipVersion };
  }

  /** false: the member was attached before. */
  private list(member: StreamMember, stream: Stream, channel: ChannelSnapshot): boolean {
    if (stream.attached.size === 0) stream.verifiedVersion = channel.membershipVersion;
    // All attached members share the newest snapshot.
    if ((stream.channel?.membershipVersion ?? -1) < channel.membershipVersion) stream.channel = channel;
    const isNew = !stream.attached.has(member);
    stream.attached.add(member);
    member.own(this);
    member.list(stream.channel ?? channel);
    return isNew;
  }

  /** The member receives all events from now on. */
  joinNow(member: StreamMember, stream: Stream): Resumed {
    const head = stream.sequencer.delivered;
    stream.join(member, member.adapter, head ?? 0);
    return { outcome: 'replayed', count: 0, head: head ?? 0 };
  }

  /** The result contains the sequence where the client begins, so the head must be known. */
  private beginNow(member: StreamMember, stream: Stream): Resumed {
    if (stream.sequencer.delivered !== null) return this.joinNow(member, stream);
    this.detach(member, stream.channelId);
    throw new Fault('unavailable', 'head_unknown', 'Where the channel stands cannot be asked right now', {
      retryAfterMs: 1_000,
    });
  }

  private async catchUpOne(member: StreamMember, stream: Stream, after: number): Promise<Resumed> {
    try {
      return await this.deps.catchUp(member, stream, after);
    } catch (error) {
      // A member that did not catch up is not attached: the client receives the error and attaches again.
      this.detach(member, stream.channelId);
      throw error;
    }
  }

  private leave(member: StreamMember, stream: Stream): void {
    stream.leave(member);
    if (stream.attached.delete(member)) this.deps.registry.giveBack(stream);
  }
}

const notAttached = (): Fault => new Fault('forbidden', 'detached', 'The channel was left meanwhile');
