import { Fault, asFault, deadlineIn } from '@parley/contracts';
import type { ChannelId, ChannelSnapshot } from '@parley/contracts';
import pMap from 'p-map';
import type { Intent, Outcome, Resumed } from '../dialects/dialect.js';
import { catchUp } from './catch-up.js';
import type { CatchUpDeps, CatchUpOptions } from './catch-up.js';
import { channelScope } from './ground.js';
import type { Ground } from './ground.js';
import { systemOf } from './heads.js';
import { resumeInbox } from './own-inbox.js';
import type { Joining } from './membership.js';
import type { LiveSession } from './session.js';
import type { Stream } from './stream.js';

const triesMax = 3;
const sideBySideMax = 8;
const sinceJoiningMax = 100;

type Attached = Extract<Outcome, { did: 'channel.attach' }>;
type ResumeIntent = Extract<Intent, { do: 'session.resume' }>;

/** Which channels a session hears: let in by topics, brought up to date by chat. */
export class Attachments {
  constructor(
    private readonly ground: Omit<Ground, 'attachments' | 'peers' | 'takeovers'>,
    private readonly deps: CatchUpDeps,
  ) {}

  async attach(session: LiveSession, channelId: ChannelId, after: number | undefined): Promise<Attached> {
    const stream = await this.enter(session, channelId, null);
    const channel = session.attached.get(channelId);
    if (!channel) throw notAttached();
    const resumed = after === undefined ? this.beginNow(session, stream) : await this.bringUp(session, stream, after);
    return { did: 'channel.attach', channel, resumed };
  }

  detach(session: LiveSession, channelId: ChannelId): boolean {
    const stream = this.ground.hub.find(channelScope(channelId));
    if (!session.unlist(channelId)) return false;
    if (stream) this.leave(session, stream);
    return true;
  }

  /** Its account joined: what was said since is heard too, however late the news of it came. */
  follow(session: LiveSession, { channel, member }: Joining): void {
    if (session.attached.has(channel.id) || session.following?.has(channel.id)) return;
    (session.following ??= new Set()).add(channel.id);
    this.whatCameBefore(session, channel.id, member.joinedAt)
      .then((after) => this.attach(session, channel.id, after))
      .catch((error: unknown) => {
        const { reason } = asFault(error);
        if (reason === 'detached' || reason === 'not_member' || !session.isLive) return;
        this.ground.log.warn({ connectionId: session.id, reason }, 'A channel that was joined could not be heard');
      })
      .finally(() => session.following?.delete(channel.id));
  }

  streamsOf(session: LiveSession): Stream[] {
    return [...session.attached.keys()].flatMap((id) => this.ground.hub.find(channelScope(id)) ?? []);
  }

  async resume(session: LiveSession, { inbox, channels }: ResumeIntent): Promise<Outcome> {
    const ownInbox = inbox === undefined ? null : await refusing(resumeInbox(session, inbox));
    const resumed = new Map<ChannelId, Resumed>();
    const resumeOne = async ([channelId, after]: readonly [ChannelId, number]): Promise<void> => {
      resumed.set(channelId, await refusing(this.attach(session, channelId, after).then((one) => one.resumed)));
    };
    await pMap(channels, resumeOne, { concurrency: sideBySideMax });
    return { did: 'session.resume', inbox: ownInbox, channels: resumed };
  }

  /** The session's own account: it hears that from where it came in. */
  catchUpInbox(
    session: LiveSession,
    stream: Stream,
    after: number,
    { isWanted, onPage }: Required<CatchUpOptions>,
  ): Promise<Resumed> {
    const stillWanted = (): boolean => isWanted() && session.hears(stream);
    return catchUp(this.deps, session, stream, after, { isWanted: stillWanted, onPage });
  }

  /**
   * Makes the session one of those who may hear the channel. The subscription comes first and the question whether it may
   * comes after, and is put again when a change of the membership was heard meanwhile. `opened`: what the wire found out.
   */
  async enter(session: LiveSession, channelId: ChannelId, opened: ChannelSnapshot | null): Promise<Stream> {
    const { hub, pace } = this.ground;
    const scope = channelScope(channelId);
    if (session.attached.size >= pace.attachedMax) {
      throw new Fault('exhausted', 'too_many_channels', 'This connection hears as many channels as it may');
    }
    // What `open` found out holds only where changes since then were heard.
    let channel = hub.find(scope)?.listening ? opened : null;
    const stream = await hub.take(scope, session.realm);
    let entered = false;
    try {
      for (let tries = 0; !channel || (channel.membershipVersion < stream.seenVersion && tries < triesMax); tries++) {
        channel = await this.authorized(session, channelId);
      }
      if (!session.isLive) throw notAttached();
      entered = this.list(session, stream, channel);
      return stream;
    } finally {
      if (!entered) hub.giveBack(stream);
    }
  }

  private async whatCameBefore(session: LiveSession, channelId: ChannelId, joinedAt: string): Promise<number> {
    const options = { principal: systemOf(session.realm), deadline: deadlineIn(this.ground.pace.callMs) };
    const page = await this.ground.core.chat.message.list({ channelId, limit: sinceJoiningMax }, options);
    const first = page.messages.find(({ sentAt }) => sentAt >= joinedAt);
    return first ? first.sequence - 1 : page.head;
  }

  private async authorized(session: LiveSession, channelId: ChannelId): Promise<ChannelSnapshot> {
    const { core, pace } = this.ground;
    const options = { principal: session.principal, deadline: deadlineIn(pace.callMs) };
    const { channel } = await core.topics.member.authorize({ target: { channelId }, to: 'read' }, options);
    const { id, number, kind, slug, title, membershipVersion } = channel;
    if (kind === 'direct') {
      throw new Fault('invalid', 'direct_channel', 'Direct channels are heard through the inbox');
    }
    return { id, number, kind, slug, title, membershipVersion };
  }

  /** false: it was listed before. */
  private list(session: LiveSession, stream: Stream, channel: ChannelSnapshot): boolean {
    if (stream.attached.size === 0) stream.verifiedVersion = channel.membershipVersion;
    // One snapshot for all who are attached, where it says the same.
    if ((stream.channel?.membershipVersion ?? -1) < channel.membershipVersion) stream.channel = channel;
    const isNew = !stream.attached.has(session);
    stream.attached.add(session);
    session.list(stream.channel ?? channel);
    return isNew;
  }

  /** From now on it hears what comes. */
  joinNow(session: LiveSession, stream: Stream): Resumed {
    const head = stream.sequencer.delivered;
    stream.join(session, session.wire, head ?? 0);
    return { outcome: 'replayed', count: 0, head: head ?? 0 };
  }

  /** A client is told where it begins, so that has to be known. */
  private beginNow(session: LiveSession, stream: Stream): Resumed {
    if (stream.sequencer.delivered !== null) return this.joinNow(session, stream);
    this.detach(session, stream.channelId);
    throw new Fault('unavailable', 'head_unknown', 'Where the channel stands cannot be asked right now', {
      retryAfterMs: 1_000,
    });
  }

  private async bringUp(session: LiveSession, stream: Stream, after: number): Promise<Resumed> {
    try {
      return await catchUp(this.deps, session, stream, after);
    } catch (error) {
      // Half brought up is not attached: the client is told, and asks again.
      this.detach(session, stream.channelId);
      throw error;
    }
  }

  private leave(session: LiveSession, stream: Stream): void {
    stream.part(session);
    if (stream.attached.delete(session)) this.ground.hub.giveBack(stream);
  }
}

const refusing = (resumed: Promise<Resumed>): Promise<Resumed> =>
  resumed.catch((error: unknown) => ({ outcome: 'refused', fault: asFault(error) }));

const notAttached = (): Fault => new Fault('forbidden', 'detached', 'The channel was left meanwhile');
