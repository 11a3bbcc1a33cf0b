import { expect, test } from 'vitest';
import { journey } from './platforms.js';
import { unique } from '../clients/http.js';
import { as, v1User } from '../clients/v1.js';

const nobody = '00000000-0000-4000-8000-00000000dead';
const uuid = expect.stringMatching(/^[0-9a-f]{8}-/);
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const problem = (status: number, code: string, reason: string) => ({ status, body: { status, code, reason } });
const content = { type: 'text', text: 'hello' };

/** What a message has besides, until it is changed. */
const unchanged = {
  ...{ editedAt: null, deletedAt: null, replyTo: null, threadRoot: null, inChannel: true, pinnedAt: null },
  ...{ replyCount: 0, lastReplyAt: null, reactions: [], mentions: { accountIds: [], channel: false } },
};

journey('channels and messages of v1, operation by operation', ({ url }) => {
  const someone = async (word?: string) => {
    const user = await v1User(url, word);
    return { user, call: as(url, user) };
  };
  const newChannel = async (call: ReturnType<typeof as>, kind = 'room', more: object = {}) => {
    const { status, body } = await call('POST /channels', { kind, title: unique('title'), ...more });
    expect(status).toBe(201);
    return body as { id: string; title: string };
  };

  test('rooms: made, listed, joined, renamed, closed', async () => {
    const [ada, bob] = [await someone(), await someone('bob')];
    const room = await newChannel(ada.call, 'room', { metadata: { color: 'red' } });
    expect((await bob.call(`GET /channels/${room.id}`)).body).toEqual({
      id: room.id,
      number: expect.any(Number),
      kind: 'room',
      slug: expect.toSatisfy((slug) => slug === null || typeof slug === 'string'),
      title: room.title,
      metadata: { color: 'red' },
      membershipVersion: expect.any(Number),
      createdBy: ada.user.id,
      createdAt: time,
      closedAt: null,
    });
    const listed = async (query: string) =>
      ((await bob.call(`GET /channels?${query}`)).body as { channels: { id: string }[] }).channels.map(({ id }) => id);
    expect(await listed('kind=room')).toContain(room.id);
    expect(await listed('kind=room&kind=group&joined=true')).not.toContain(room.id);
    expect(await bob.call(`PUT /channels/${room.id}/members/me`)).toMatchObject({
      status: 200,
      body: { accountId: bob.user.id, role: 'member', joinedAt: time },
    });
    expect(await listed('joined=true')).toEqual([room.id]);
    const rename = { title: unique('new') };
    expect(await bob.call(`PATCH /channels/${room.id}`, rename)).toMatchObject(
      problem(403, 'forbidden', 'not_manager'),
    );
    expect(await ada.call(`PATCH /channels/${room.id}`, rename)).toMatchObject({ status: 200, body: rename });
    expect((await bob.call(`POST /channels/${room.id}/close`)).status).toBe(403);
    expect(await ada.call(`POST /channels/${room.id}/close`)).toMatchObject({ status: 200, body: { closedAt: time } });
    const late = await bob.call(`POST /channels/${room.id}/messages`, { clientId: 'late', content });
    expect(late).toMatchObject(problem(403, 'forbidden', 'closed'));
    expect((await bob.call(`DELETE /channels/${room.id}/members/me`)).status).toBe(204);
  });

  test('channels are listed page by page', async () => {
    const { call } = await someone();
    const made: string[] = [];
    for (let n = 0; n < 3; n += 1) made.unshift((await newChannel(call, 'group')).id);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { body } = await call(`GET /channels?kind=group&limit=2${cursor && `&cursor=${cursor}`}`);
      const page = body as { channels: { id: string }[]; next: string | null };
      seen.push(...page.channels.map(({ id }) => id));
      cursor = page.next;
    }
    expect(seen).toEqual(made);
  });

  test('a topic has a slug of its own', async () => {
    const { call } = await someone();
    const slug = unique('Slug');
    expect(await newChannel(call, 'topic', { slug })).toMatchObject({ slug });
    const again = await call('POST /channels', { kind: 'topic', title: 'x', slug });
    expect(again).toMatchObject(problem(409, 'conflict', 'slug_taken'));
  });

  test('groups: members with names and roles, added, promoted, removed; nothing for others', async () => {
    const [ada, bob, eve] = [await someone(), await someone('bob'), await someone('eve')];
    const group = await newChannel(ada.call, 'group', { memberIds: [bob.user.id] });
    const path = `/channels/${group.id}`;
    const member = `${path}/members/${eve.user.id}`;
    expect((await eve.call(`GET ${path}`)).status).toBe(404);
    const refused = problem(403, 'forbidden', 'not_member');
    expect(await eve.call(`GET ${path}/messages`)).toMatchObject(refused);
    expect(await eve.call(`GET ${path}/members`)).toMatchObject(refused);
    expect(await eve.call(`POST ${path}/messages`, { clientId: 'a', content })).toMatchObject(refused);
    expect(await bob.call(`PUT ${member}`)).toMatchObject(problem(403, 'forbidden', 'not_manager'));
    expect(await ada.call(`PUT ${member}`, { role: 'owner' })).toMatchObject({ status: 404 });
    expect(await ada.call(`PUT ${member}`)).toMatchObject({
      status: 200,
      body: { accountId: eve.user.id, role: 'member' },
    });
    expect(await ada.call(`PUT ${member}`, { role: 'admin' })).toMatchObject({ status: 200, body: { role: 'admin' } });
    expect(await ada.call(`PUT ${path}/members/${nobody}`)).toMatchObject({ status: 404 });
    const { body } = await bob.call(`GET ${path}/members`);
    expect((body as { members: object[] }).members).toHaveLength(3);
    expect(body).toMatchObject({
      members: expect.arrayContaining([
        {
          accountId: eve.user.id,
          name: eve.user.username,
          handle: eve.user.id,
          username: eve.user.username,
          role: 'admin',
          joinedAt: time,
        },
      ]),
      next: null,
    });
    const paged = await bob.call(`GET ${path}/members?limit=2`);
    expect(paged.body).toMatchObject({ members: [{}, {}], next: uuid });
    expect(await eve.call(`DELETE ${path}/members/${ada.user.id}`)).toMatchObject(
      problem(403, 'forbidden', 'owner_stays'),
    );
    expect((await ada.call(`DELETE ${member}`)).status).toBe(204);
    expect((await eve.call(`GET ${path}/messages`)).status).toBe(403);
  });

  test('messages: committed once, read by sequence in both directions', async () => {
    const { user, call } = await someone();
    const { id } = await newChannel(call);
    const send = (clientId: string) => call(`POST /channels/${id}/messages`, { clientId, content });
    const first = await send('a');
    expect(first.status).toBe(201);
    expect(first.body).toEqual({
      message: {
        id: uuid,
        number: expect.any(Number),
        channelId: id,
        sequence: 1,
        sender: { id: user.id, name: user.username, handle: user.id },
        clientId: 'a',
        content,
        sentAt: time,
        ...unchanged,
      },
      inboxSequence: null,
      repeated: false,
      thread: null,
    });
    const { message } = first.body as { message: object };
    expect(await send('a')).toMatchObject({ status: 200, body: { message, repeated: true } });
    for (const clientId of ['b', 'c', 'd']) await send(clientId);
    const page = async (query: string) => {
      const { body } = await call(`GET /channels/${id}/messages?${query}`);
      const { messages, ...rest } = body as { messages: { sequence: number }[] };
      return { sequences: messages.map(({ sequence }) => sequence), ...rest };
    };
    const [head, floor] = [4, 0];
    const [before, after] = [
      { moreBefore: true, moreAfter: false },
      { moreBefore: false, moreAfter: true },
    ];
    const both = { moreBefore: true, moreAfter: true };
    expect(await page('limit=2')).toEqual({ sequences: [3, 4], more: true, ...before, head, floor });
    expect(await page('before=3&limit=5')).toEqual({ sequences: [1, 2], more: false, ...after, head, floor });
    expect(await page('after=1&limit=2')).toEqual({ sequences: [2, 3], more: true, ...both, head, floor });
    expect(await page('after=4')).toEqual({ sequences: [], more: false, ...before, head, floor });
  });

  test('direct messages have a place in both inboxes', async () => {
    const [ada, bob, eve] = [await someone(), await someone('bob'), await someone('eve')];
    const direct = await ada.call('POST /directs', { accountId: bob.user.id });
    expect(direct).toMatchObject({ status: 200, body: { kind: 'direct' } });
    expect(await ada.call('POST /directs', { accountId: nobody })).toMatchObject({ status: 404 });
    const { id } = direct.body as { id: string };
    expect((await bob.call('POST /directs', { accountId: ada.user.id })).body).toMatchObject({ id });
    const sent = await ada.call(`POST /channels/${id}/messages`, { clientId: 'a', content });
    expect(sent).toMatchObject({ status: 201, body: { inboxSequence: 1 } });
    for (const { call } of [ada, bob]) {
      expect((await call('GET /inbox')).body).toMatchObject({
        entries: [{ sequence: 1, channel: { id, kind: 'direct' }, message: { sequence: 1, content } }],
        more: false,
        head: 1,
        floor: 0,
      });
    }
    expect((await bob.call('GET /inbox?after=1')).body).toMatchObject({ entries: [], head: 1 });
    expect((await eve.call(`GET /channels/${id}/messages`)).status).toBe(404);
  });
});
