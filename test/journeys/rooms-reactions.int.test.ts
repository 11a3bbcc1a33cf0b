// Reactions on the rooms wire: one for each user and message, live and in the history.
import type { Frame } from '@parley/testing';
import { expect, test } from 'vitest';
import { journey } from './platforms.js';
import { ask, done } from '../clients/http.js';
import { enter, newRoom, roomsUser, type RoomsUser } from '../clients/rooms.js';

interface Item {
  readonly message_id: number;
  readonly message: string;
  readonly reactions: readonly { readonly reaction_type: string; readonly count: number }[];
  readonly user_reaction: string | null;
}

journey('reactions in rooms', ({ url, otherUrl }) => {
  const itemsOf = ({ token }: RoomsUser, { id }: { id: number }): Promise<Item[]> =>
    done('GET', `${otherUrl}/api/messages/${id}`, { token });
  const two = async () => {
    const [ada, bob] = [await roomsUser(url), await roomsUser(otherUrl)];
    const room = await newRoom(url, ada);
    const [adas, bobs] = [await enter(url, ada, room), await enter(otherUrl, bob, room)];
    adas.send({ type: 'message', content: 'hello' });
    const { message_id } = await bobs.waitFor('message');
    return { ada, bob, room, adas, bobs, message_id: Number(message_id) };
  };
  const reaction = (of: Partial<Item> & Frame) => (frame: Frame) =>
    frame['type'] === 'reaction' && Object.entries(of).every(([key, value]) => frame[key] === value);

  test('a reaction reaches every socket of the room, its sender’s too, and the history says whose it is', async () => {
    const { ada, bob, room, adas, bobs, message_id } = await two();
    using _adas = adas;
    using _bobs = bobs;
    bobs.send({ type: 'reaction', message_id, reaction_type: '👍' });
    const frame = {
      type: 'reaction',
      room_id: room.id,
      message_id,
      sender: bob.username,
      reaction_type: '👍',
      action: 'added',
      count: 1,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/) as string,
    };
    for (const socket of [adas, bobs]) expect(await socket.waitFor('reaction')).toEqual(frame);
    const reactions = [{ reaction_type: '👍', count: 1 }];
    expect(await itemsOf(bob, room)).toMatchObject([{ message_id, reactions, user_reaction: '👍' }]);
    expect(await itemsOf(ada, room)).toMatchObject([{ message_id, reactions, user_reaction: null }]);
  });

  test('another reaction replaces the one before; null removes it; the same again changes nothing', async () => {
    const { bob, room, adas, bobs, message_id } = await two();
    using _adas = adas;
    using _bobs = bobs;
    for (const reaction_type of ['👍', '👍', '🎉']) bobs.send({ type: 'reaction', message_id, reaction_type });
    await adas.waitFor(reaction({ action: 'removed', reaction_type: '👍', count: 0 }));
    expect(await itemsOf(bob, room)).toMatchObject([
      { reactions: [{ reaction_type: '🎉', count: 1 }], user_reaction: '🎉' },
    ]);
    bobs.send({ type: 'reaction', message_id, reaction_type: null });
    await adas.waitFor(reaction({ action: 'removed', reaction_type: '🎉', count: 0 }));
    expect(await itemsOf(bob, room)).toMatchObject([{ reactions: [], user_reaction: null }]);
    const seen = adas.received.filter(({ type }) => type === 'reaction');
    expect(seen.map(({ action, reaction_type }) => [action, reaction_type])).toEqual([
      ['added', '👍'],
      ['added', '🎉'],
      ['removed', '👍'],
      ['removed', '🎉'],
    ]);
  });

  test('/api/reactions says, sets and removes the reaction of the caller', async () => {
    const { ada, bob, adas, bobs, message_id } = await two();
    using _adas = adas;
    using _bobs = bobs;
    const path = `${otherUrl}/api/reactions/${message_id}`;
    const body = { reaction_type: '❤️' };
    const reactions = [{ reaction_type: '❤️', count: 1 }];
    const set = await done('POST', path, { token: bob.token, body });
    expect(set).toEqual({ message_id, reactions, user_reaction: '❤️' });
    await adas.waitFor(reaction({ action: 'added', sender: bob.username, reaction_type: '❤️' }));
    expect(await done('GET', path, { token: ada.token })).toEqual({ message_id, reactions, user_reaction: null });
    expect(await done('DELETE', path, { token: bob.token })).toEqual({
      message_id,
      reactions: [],
      user_reaction: null,
    });
    await adas.waitFor(reaction({ action: 'removed', sender: bob.username, reaction_type: '❤️' }));
    const nowhere = await ask('GET', `${otherUrl}/api/reactions/9007199254740991`, { token: bob.token });
    expect([nowhere.status, nowhere.body]).toEqual([404, { detail: 'Message not found' }]);
  });
});
