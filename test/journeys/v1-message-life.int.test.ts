// Messages after they were sent: edited, deleted, reacted to, answered, pinned; for clients that stay and for those that were away.
import type { Frame, TestSocket } from '@parley/testing';
import { expect, test } from 'vitest';
import { journey } from './platforms.js';
import { FoldedChannel, shownOf, type V1Message, type V1Page } from '../clients/v1-fold.js';
import { ask, unique } from '../clients/http.js';
import { as, textContent, v1User } from '../clients/v1.js';
import { member, upTo } from './v1-member.js';
import type { Changed, Member } from './v1-member.js';

const paramsOf = ({ params }: Frame) => params as { sequence?: number; inboxSequence?: number; message?: V1Message };
const isEntry = ({ method }: Frame): boolean => /^(message|reaction)\./.test(String(method));
const entriesOf = ({ received }: TestSocket): Frame[] => received.filter(isEntry);
const sequenceOf = (frame: Frame): number => paramsOf(frame).message?.sequence ?? paramsOf(frame).sequence ?? 0;
const reaches = ({ socket }: Member, sequence: number) =>
  socket.waitFor((frame) => isEntry(frame) && sequenceOf(frame) === sequence);
const history = ({ rest }: Member, channelId: string): Promise<V1Page> =>
  rest(`GET /channels/${channelId}/messages?limit=200`);
const folded = (channelId: string, frames: readonly Frame[], page?: V1Page): FoldedChannel => {
  const channel = new FoldedChannel(channelId);
  if (page) channel.load(page);
  for (const frame of frames) channel.apply(frame);
  return channel;
};

journey('a message’s life on v1', ({ url, otherUrl }) => {
  const roomOf = async (owner: Member, kind = 'room', more: object = {}): Promise<string> =>
    (await owner.rest<{ id: string }>('POST /channels', { kind, title: unique(kind), ...more })).id;
  const two = async () =>
    [await member(url, await v1User(url)), await member(otherUrl, await v1User(otherUrl, 'bob'))] as const;

  /** Everything that can become of messages, once. Returns the last sequence. */
  const live = async (ada: Member, bob: Member, channelId: string): Promise<number> => {
    const first = await ada.say({ channelId }, 'frist');
    await ada.change('edit', first.id, { content: textContent('first') });
    await ada.change('pin', first.id);
    const second = await bob.say({ channelId }, `hello @${ada.user.username}`, { replyTo: first.id });
    for (const each of [ada, bob]) await each.change('react', second.id, { emoji: '👍' });
    await bob.change('react', second.id, { emoji: '🎉' });
    await ada.change('unreact', second.id, { emoji: '👍' });
    const doomed = await bob.say({ channelId }, 'a secret');
    await bob.say({ channelId }, 'in a thread', { threadRoot: first.id });
    await bob.say({ channelId }, 'for all to see', { threadRoot: first.id, alsoInChannel: true });
    await ada.change('delete', doomed.id);
    await ada.change('unpin', first.id);
    return (await ada.change('pin', second.id)).entry.sequence;
  };

  test('every change reaches a second client on another gateway, in order and without a gap, and equals the history', async () => {
    const [ada, bob] = await two();
    using _ada = ada;
    using _bob = bob;
    const channelId = await roomOf(ada);
    for (const each of [ada, bob]) await each.call('channel.attach', { channelId });
    const last = await live(ada, bob, channelId);
    for (const each of [ada, bob]) {
      await reaches(each, last);
      expect(entriesOf(each.socket).map(sequenceOf)).toEqual(upTo(last));
    }
    const shown = folded(channelId, entriesOf(bob.socket)).shown();
    const page = await history(bob, channelId);
    expect(shown).toEqual(shownOf(page.messages));
    expect(page.head).toBe(last);
    expect(shown.map(({ content }) => content.text)).toEqual([
      'first',
      `hello @${ada.user.username}`,
      '',
      'for all to see',
    ]);
    expect(shown[0]).toMatchObject({ replyCount: 2, pinnedAt: null });
    expect(shown[1]).toMatchObject({
      replyTo: shown[0]?.id,
      mentions: { accountIds: [ada.user.id], channel: false },
      reactions: [
        { emoji: '👍', count: 1 },
        { emoji: '🎉', count: 1 },
      ],
    });
    expect(page.messages[1]?.reactions).toEqual([
      { emoji: '👍', count: 1, mine: true },
      { emoji: '🎉', count: 1, mine: true },
    ]);
  });

  test('a client that was away for all of it is equal to one that stayed, and never receives a deleted or former text', async () => {
    const [ada, bob] = await two();
    using _ada = ada;
    using _bob = bob;
    const channelId = await roomOf(ada);
    for (const each of [ada, bob]) await each.call('channel.attach', { channelId });
    await reaches(bob, (await ada.say({ channelId }, 'before')).sequence);
    await bob.call('channel.detach', { channelId });
    using carol = await member(otherUrl, await v1User(otherUrl, 'carol'));
    const last = await live(ada, carol, channelId);
    const resumed = await bob.call('session.resume', { channels: { [channelId]: 1 } });
    expect(resumed).toMatchObject({ channels: { [channelId]: { outcome: 'replayed', count: last - 1, head: last } } });
    await reaches(ada, last);
    expect(entriesOf(bob.socket).map(sequenceOf)).toEqual(upTo(last));
    expect(JSON.stringify(bob.socket.received)).not.toMatch(/frist|a secret/);

    const [away, stayed] = [bob, ada].map((each) => folded(channelId, entriesOf(each.socket)).shown());
    expect(away).toEqual(stayed);
    expect(away).toEqual(shownOf((await history(bob, channelId)).messages));
    const { entries } = await bob.rest<{ entries: { kind: string }[] }>(
      `GET /channels/${channelId}/messages?entries=true&after=1`,
    );
    const replayed = entriesOf(bob.socket)
      .slice(1)
      .map(({ method }) => method);
    expect(entries.map(({ kind }) => kind)).toEqual(replayed);
  });

  test('pages that are read while entries arrive fold to the same channel, whatever comes first', async () => {
    const [ada, bob] = await two();
    using _ada = ada;
    using _bob = bob;
    const channelId = await roomOf(ada);
    for (const each of [ada, bob]) await each.call('channel.attach', { channelId });
    const message = await ada.say({ channelId }, 'the first');
    const pages: { readonly page: V1Page; readonly after: number }[] = [];
    const reading = async (): Promise<void> => {
      for (const _turn of upTo(12)) {
        const page = await history(bob, channelId);
        pages.push({ page, after: entriesOf(bob.socket).length });
      }
    };
    const changing = async (): Promise<number> => {
      for (const n of upTo(10)) {
        await ada.change('edit', message.id, { content: textContent(`edit ${n}`) });
        await bob.change(n % 2 ? 'react' : 'unreact', message.id, { emoji: '👍' });
        await ada.say({ channelId }, `message ${n}`, { threadRoot: message.id, alsoInChannel: n % 3 === 0 });
      }
      return (await ada.change('pin', message.id)).entry.sequence;
    };
    const [last] = await Promise.all([changing(), reading()]);
    await reaches(bob, last);
    const expected = shownOf((await history(bob, channelId)).messages);
    const all = entriesOf(bob.socket);
    for (const { page, after } of pages) {
      // The page came when so many entries had arrived; also as if it had come at once, or at last. Without the first entry, only the
      // page has the message that is changed.
      for (const [frames, at] of [0, after, all.length].flatMap(
        (n) =>
          [
            [all, n],
            [all.slice(1), n],
          ] as const,
      )) {
        const channel = folded(channelId, frames.slice(0, at));
        channel.load(page);
        for (const frame of frames.slice(at)) channel.apply(frame);
        expect(channel.shown()).toEqual(expected);
      }
    }
  });

  test('changes of direct messages have places in both inboxes, and are resumed there', async () => {
    const [ada, bob] = await two();
    using _ada = ada;
    using _bob = bob;
    const sent = await ada.say({ directWith: bob.user.id }, 'psst');
    await bob.socket.waitFor('message.created');
    expect(await bob.change('react', sent.id, { emoji: '❤️' })).toMatchObject({ inboxSequence: 2, repeated: false });
    expect(await ada.change('edit', sent.id, { content: textContent('psst!') })).toMatchObject({ inboxSequence: 3 });
    await bob.change('pin', sent.id);
    for (const each of [ada, bob]) {
      await each.socket.waitFor((frame) => isEntry(frame) && paramsOf(frame).inboxSequence === 4);
      expect(entriesOf(each.socket).map((frame) => paramsOf(frame).inboxSequence)).toEqual(upTo(4));
    }
    using later = await member(url, bob.user);
    expect(await later.call('session.resume', { inbox: 0 })).toMatchObject({
      inbox: { outcome: 'replayed', count: 4, head: 4 },
    });
    const { channelId } = sent;
    const shown = [later, bob].map((each) => folded(channelId, entriesOf(each.socket)).shown());
    expect(shown[0]).toEqual(shown[1]);
    expect(shown[0]).toEqual(shownOf((await history(bob, channelId)).messages));
    const { entries } = await bob.rest<{ entries: { sequence: number; entry: { kind: string } }[] }>(
      'GET /inbox?entries=true&after=1',
    );
    expect(entries.map(({ sequence, entry }) => [sequence, entry.kind])).toEqual([
      [2, 'reaction.added'],
      [3, 'message.edited'],
      [4, 'message.pinned'],
    ]);
  });

  test('the same change again is the same entry, over the socket and over REST', async () => {
    const [ada, bob] = await two();
    using _ada = ada;
    using _bob = bob;
    const channelId = await roomOf(ada);
    const { id: messageId } = await ada.say({ channelId }, 'once');
    const edit = { messageId, channelId, clientId: unique('edit'), content: textContent('twice') };
    const first = await ada.call<Changed>('message.edit', edit);
    expect(first).toMatchObject({ repeated: false, entry: { kind: 'message.edited', sequence: 2, messageId } });
    expect(await ada.call('message.edit', edit)).toEqual({ ...first, repeated: true });
    const { clientId, content } = edit;
    expect(await ada.rest(`PATCH /messages/${messageId}`, { clientId, content })).toMatchObject({
      entry: { sequence: 2 },
      repeated: true,
    });
    const thumb = `/messages/${messageId}/reactions/${encodeURIComponent('👍')}`;
    expect(await bob.rest(`PUT ${thumb}`)).toMatchObject({ repeated: false, entry: { sequence: 3, count: 1 } });
    expect(await bob.rest(`PUT ${thumb}`)).toMatchObject({ repeated: true, entry: { sequence: 3 } });
    expect(await bob.rest(`DELETE ${thumb}`)).toMatchObject({ entry: { kind: 'reaction.removed', count: 0 } });
    const again = () =>
      ask('PATCH', `${url}/v1/messages/${messageId}`, {
        token: ada.user.token,
        headers: { 'idempotency-key': clientId },
        body: { content: textContent('thrice') },
      });
    const [once, twice] = [await again(), await again()];
    expect(once).toMatchObject({ status: 200, body: { repeated: false, entry: { kind: 'message.edited' } } });
    expect(twice.body).toEqual(once.body);
    const refusals = [
      [bob, `PATCH /messages/${messageId}`, { content }, 403, 'not_sender'],
      [bob, `DELETE /messages/${messageId}`, undefined, 403, 'not_sender'],
      [bob, `PUT /messages/${messageId}/pin`, undefined, 403, 'not_moderator'],
      [bob, `GET /messages/${messageId}/versions`, undefined, 403, 'not_moderator'],
      [ada, `PUT /messages/${messageId}/reactions/x`, undefined, 422, 'not_an_emoji'],
      [ada, `GET /messages/${channelId}`, undefined, 404, 'message_not_found'],
    ] as const;
    for (const [who, request, body, status, reason] of refusals) {
      const answer = await as(url, who.user)(request, body);
      expect([request, answer.status, (answer.body as { reason: string }).reason]).toEqual([request, status, reason]);
    }
    expect(await ada.rest(`GET /messages/${messageId}/versions`)).toMatchObject({
      versions: ['once', 'twice', 'thrice'].map((text) => ({ content: textContent(text) })),
    });
    expect(await ada.rest(`DELETE /messages/${messageId}`)).toMatchObject({ entry: { kind: 'message.deleted' } });
    expect(await bob.rest(`GET /messages/${messageId}`)).toMatchObject({
      content: textContent(''),
      deletedAt: expect.any(String) as string,
    });
    const late = await as(url, ada.user)(`PATCH /messages/${messageId}`, { content });
    expect([late.status, (late.body as { reason: string }).reason]).toEqual([409, 'message_deleted']);
  });
});
