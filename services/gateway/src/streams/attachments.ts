import { Fault, asFault, deadlineIn } from '@parley/contracts';
import type { ChannelId, ChannelSnapshot } from '@parley/contracts';
import pMap from 'p-map';
import type { Command, Result, Resumed } from '../protocol/dialect.js';
import { catchUp } from './replay.js';
import type { CatchUpDeps, CatchUpOptions } from './replay.js';
import { channelScope } from '../connections/ground.js';
import type { Ground } from '../connections/ground.js';
import { systemOf } from './head-poller.js';
import { resumeInbox } from '../inbox/inbox-subscription.js';
import type { Joining } from './membership.js';
import type { Connection } from '../connections/connection.js';
import type { Stream } from './stream.js';

const triesMax = 3;
const sideBySideMax = 8;
const sinceJoiningMax = 100;

type Attached = Extract<Result, { type: 'channel.attach' }>;
type ResumeCommand = Extract<Command, { type: 'session.resume' }>;

/** Which channels a session hears: let in by topics, brought up to date by chat. */
export class Attachments {
  constructor(
    private readonly ground: Omit<Ground, 'attachments' | 'peers' | 'superseding'>,
    private readonly deps: CatchUpDeps,
  ) {}

  async attach(connection: Connection, channelId: ChannelId, after: number | undefined): Promise<Attached> {
    const stream = await this.enter(connection, channelId, null);
    const channel = connection.attached.get(channelId);
    if (!channel) throw notAttached();
    const resumed =
      after === undefined ? this.beginNow(connection, stream) : await this.catchUpOne(connection, stream, after);
    return { type: 'channel.attach', channel, resumed };
  }

  detach(connection: Connection, channelId: ChannelId): boolean {
    const stream = this.ground.registry.find(channelScope(channelId));
    if (!connection.unlist(channelId)) return false;
    if (stream) this.leave(connection, stream);
    return true;
  }

  /** Its account joined: what was said since is heard too, however late the news of it came. */
  follow(connection: Connection, { channel, member }: Joining): void {
    if (connection.attached.has(channel.id) || connection.following?.has(channel.id)) return;
    (connection.following ??= new Set()).add(channel.id);
    this.readBefore(connection, channel.id, member.joinedAt)
      .then((after) => this.attach(connection, channel.id, after))
      .catch((error: unknown) => {
        const { reason } = asFault(error);
        if (reason === 'detached' || reason === 'not_member' || !connection.isLive) return;
        this.ground.log.warn({ connectionId: connection.id, reason }, 'A channel that was joined could not be heard');
      })
      .finally(() => connection.following?.delete(channel.id));
  }

  streamsOf(connection: Connection): Stream[] {
    return [...connection.attached.keys()].flatMap((id) => this.ground.registry.find(channelScope(id)) ?? []);
  }

  async resume(connection: Connection, { inbox, channels }: ResumeCommand): Promise<Result> {
    const ownInbox = inbox === undefined ? null : await refusing(resumeInbox(connection, inbox));
    const resumed = new Map<ChannelId, Resumed>();
    const resumeOne = async ([channelId, after]: readonly [ChannelId, number]): Promise<void> => {
      resumed.set(channelId, await refusing(this.attach(connection, channelId, after).then((one) => one.resumed)));
    };
    await pMap(channels, resumeOne, { concurrency: sideBySideMax });
    return { type: 'session.resume', inbox: ownInbox, channels: resumed };
  }

  /** The session's own account: it hears that from where it came in. */
  catchUpInbox(
    connection: Connection,
    stream: Stream,
    after: number,
    { isWanted, onPage }: Required<CatchUpOptions>,
  ): Promise<Resumed> {
    const stillWanted = (): boolean => isWanted() && connection.accepts(stream);
    return catchUp(this.deps, connection, stream, after, { isWanted: stillWanted, onPage });
  }

  /**
   * Makes the session one of those who may hear the channel. The subscription comes first and the question whether it may
   * comes after, and is put again when a change of the membership was heard meanwhile. `opened`: what the wire found out.
   */
  async enter(connection: Connection, channelId: ChannelId, opened: ChannelSnapshot | null): Promise<Stream> {
    const { registry, timings } = this.ground;
    const scope = channelScope(channelId);
    if (connection.attached.size >= timings.attachedMax) {
      throw new Fault('exhausted', 'too_many_channels', 'This connection hears as many channels as it may');
    }
    // What `open` found out holds only where changes since then were heard.
    let channel = registry.find(scope)?.listening ? opened : null;
    const stream = await registry.take(scope, connection.realm);
    let entered = false;
    try {
      for (let tries = 0; !channel || (channel.membershipVersion < stream.seenVersion && tries < triesMax); tries++) {
        channel = await this.authorized(connection, channelId);
      }
      if (!connection.isLive) throw notAttached();
      entered = this.list(connection, stream, channel);
      return stream;
    } finally {
      if (!entered) registry.giveBack(stream);
    }
  }

  private async readBefore(connection: Connection, channelId: ChannelId, joinedAt: string): Promise<number> {
    const options = { principal: systemOf(connection.realm), deadline: deadlineIn(this.ground.timings.callMs) };
    const page = await this.ground.core.chat.message.list({ channelId, limit: sinceJoiningMax }, options);
    const first = page.messages.find(({ sentAt }) => sentAt >= joinedAt);
    return first ? first.sequence - 1 : page.head;
  }

  private async authorized(connection: Connection, channelId: ChannelId): Promise<ChannelSnapshot> {
    const { core, timings } = this.ground;
    const options = { principal: connection.principal, deadline: deadlineIn(timings.callMs) };
    const { channel } = await core.topics.member.authorize({ target: { channelId }, to: 'read' }, options);
    const { id, number, kind, slug, title, membershipVersion } = channel;
    if (kind === 'direct') {
      throw new Fault('invalid', 'direct_channel', 'Direct channels are heard through the inbox');
    }
    return { id, number, kind, slug, title, membershipVersion };
  }

  /** false: it was listed before. */
  private list(connection: Connection, stream: Stream, channel: ChannelSnapshot): boolean {
    if (stream.attached.size === 0) stream.verifiedVersion = channel.membershipVersion;
    // One snapshot for all who are attached, where it says the same.
    if ((stream.channel?.membershipVersion ?? -1) < channel.membershipVersion) stream.channel = channel;
    const isNew = !stream.attached.has(connection);
    stream.attached.add(connection);
    connection.list(stream.channel ?? channel);
    return isNew;
  }

  /** From now on it hears what comes. */
  joinNow(connection: Connection, stream: Stream): Resumed {
    const head = stream.sequencer.delivered;
    stream.join(connection, connection.adapter, head ?? 0);
    return { outcome: 'replayed', count: 0, head: head ?? 0 };
  }

  /** A client is told where it begins, so that has to be known. */
  private beginNow(connection: Connection, stream: Stream): Resumed {
    if (stream.sequencer.delivered !== null) return this.joinNow(connection, stream);
    this.detach(connection, stream.channelId);
    throw new Fault('unavailable', 'head_unknown', 'Where the channel stands cannot be asked right now', {
      retryAfterMs: 1_000,
    });
  }

  private async catchUpOne(connection: Connection, stream: Stream, after: number): Promise<Resumed> {
    try {
      return await catchUp(this.deps, connection, stream, after);
    } catch (error) {
      // Half brought up is not attached: the client is told, and asks again.
      this.detach(connection, stream.channelId);
      throw error;
    }
  }

  private leave(connection: Connection, stream: Stream): void {
    stream.leave(connection);
    if (stream.attached.delete(connection)) this.ground.registry.giveBack(stream);
  }
}

const refusing = (resumed: Promise<Resumed>): Promise<Resumed> =>
  resumed.catch((error: unknown) => ({ outcome: 'refused', fault: asFault(error) }));

const notAttached = (): Fault => new Fault('forbidden', 'detached', 'The channel was left meanwhile');
