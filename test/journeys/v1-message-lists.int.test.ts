import { expect, test } from 'vitest';
import { journey } from './platforms.js';
import { unique } from '../clients/http.js';
import { type V1Message, type V1Page } from '../clients/v1-fold.js';
import { v1User } from '../clients/v1.js';
import { member, upTo } from './v1-member.js';
import type { Sent, Member } from './v1-member.js';

journey('lists of messages on v1', ({ url, otherUrl }) => {
  const roomOf = async (owner: Member, kind = 'room', more: object = {}): Promise<string> =>
    (await owner.rest<{ id: string }>('POST /channels', { kind, title: unique(kind), ...more })).id;
  const two = async () =>
    [await member(url, await v1User(url)), await member(otherUrl, await v1User(otherUrl, 'bob'))] as const;

  test('lists: around a message, a thread and how far it is read, pins, mentions, and channels with what is new', async () => {
    const [ada, bob] = await two();
    using _ada = ada;
    using _bob = bob;
    const channelId = await roomOf(ada, 'group', { memberIds: [bob.user.id] });
    const sent: Sent[] = [];
    for (const n of upTo(9)) sent.push(await ada.say({ channelId }, n === 5 ? `5 for @${bob.user.username}` : `${n}`));
    const root = sent[4]!;
    const around = await bob.rest<V1Page>(`GET /channels/${channelId}/messages?around=${root.sequence}&limit=3`);
    expect(around.messages.map(({ sequence }) => sequence)).toContain(root.sequence);
    expect(around).toMatchObject({ moreBefore: true, moreAfter: true });

    const replies = [
      await bob.say({ channelId }, 'reply 1', { threadRoot: root.id }),
      await ada.say({ channelId }, 'reply 2', { threadRoot: root.id }),
    ];
    const thread = await bob.rest<V1Page & { root: V1Message; unread: number }>(`GET /messages/${root.id}/thread`);
    expect(thread.messages.map(({ id }) => id)).toEqual(replies.map(({ id }) => id));
    expect(thread).toMatchObject({ root: { id: root.id, replyCount: 2 }, unread: 1 });
    const read = await bob.rest(`PUT /messages/${root.id}/thread/read`, { sequence: replies[1]?.sequence });
    expect(read).toEqual({ sequence: replies[1]?.sequence, unread: 0 });

    await ada.change('pin', root.id);
    const pins = await bob.rest<V1Page>(`GET /channels/${channelId}/pins`);
    expect(pins.messages.map(({ id }) => id)).toEqual([root.id]);
    const mentions = await bob.rest<V1Page & { next: number | null }>(`GET /mentions?channelId=${channelId}`);
    expect([mentions.messages.map(({ id }) => id), mentions.next]).toEqual([[root.id], null]);

    const direct = await ada.say({ directWith: bob.user.id }, 'privately');
    const summary = { unread: 9, mentions: 1, last: { id: sent[8]?.id } };
    const listed = await bob.rest<{ channels: { id: string }[] }>('GET /channels?kind=group&joined=true&summary=true');
    expect(listed.channels.find(({ id }) => id === channelId)).toMatchObject(summary);
    expect(await bob.rest(`GET /channels/${channelId}?summary=true`)).toMatchObject(summary);
    const partner = { id: ada.user.id, name: ada.user.username };
    const directs = await bob.rest<{ directs: object[] }>('GET /directs?summary=true');
    expect(directs).toMatchObject({
      directs: [{ id: direct.channelId, kind: 'direct', partner, unread: 1, last: { id: direct.id } }],
      next: null,
    });
    expect(await bob.rest(`GET /channels/${direct.channelId}?summary=true`)).toMatchObject({ partner, unread: 1 });
  });
});
