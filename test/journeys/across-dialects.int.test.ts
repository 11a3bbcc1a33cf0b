import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { eventually, type Platform, startPlatform } from '@parley/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EntryPoint, entryPoints } from './speakers.js';
import { type Played, sectionOf, withSection } from './matrix-page.js';
import { normaliser } from './normalise.js';
import { formsToStart } from './forms.js';
import { ask, unique } from '../clients/http.js';
import type { Scene } from './scene.js';
import { scenes } from './scenes.js';
import { gather, inRoom, type Person, sharedRealm, v1Listener } from './shared-realm.js';
import { setup, type World } from './setup.js';
import { connect, direct } from '../clients/swifty.js';
import { as, textContent } from '../clients/v1.js';

// Every speaker × every listener in one realm that all six wires share: what reaches whom, in which words. What
// docs/dialects.md says about it is made here.
const regenerate = 'PARLEY_WRITE_DOCS=true npx vitest run test/journeys/across-dialects.int.test.ts';

const page = fileURLToPath(new URL('../../docs/dialects.md', import.meta.url));
/** Three messages of v1, by id. */
const sayThree = async ({ url, cast }: World, path: string): Promise<[string, string, string]> => {
  const ids: string[] = [];
  for (const text of ['kept', 'to be edited', 'to be deleted']) {
    const said = { clientId: unique('c'), content: textContent(text) };
    const { body } = await as(url, { token: cast.anns.v1.token })(`POST ${path}`, said);
    ids.push((body as { message: { id: string } }).message.id);
  }
  return ids as [string, string, string];
};

/** On a platform of its own, since in the others realms are apart; a Parley that somebody else runs has the realms that it has. */
const [form] = formsToStart();

describe.skipIf(form === undefined)(`every speaker and every listener in one realm (${form})`, () => {
  let platform: Platform;
  let world: World;
  const played = new Map<Scene, Played>();
  const opened = new Map<EntryPoint, unknown[]>();

  beforeAll(async () => {
    platform = await startPlatform(form ?? 'standalone', sharedRealm);
    const [url = '', otherUrl = url] = platform.urls;
    const cast = await gather(url);
    const normalise = normaliser(cast);
    world = await setup(url, otherUrl, cast);
    for (const scene of scenes) {
      const { said, received } = await world.play(scene);
      played.set(scene, { said: normalise(said), received: normalise(received) as Played['received'] });
    }
    for (const entryPoint of entryPoints) opened.set(entryPoint, normalise(await entryPoint.opens(world)) as unknown[]);
  }, 120_000);
  afterAll(async () => {
    world?.leave();
    await platform?.stop();
  });

  test.each(scenes)('$kind, said by $speaker', (scene) => {
    expect(played.get(scene)?.received).toEqual(scene.expected);
  });

  test.each(entryPoints)('$who $tries', (entryPoint) => {
    expect(opened.get(entryPoint)).toEqual(entryPoint.expected);
  });

  test('what a device wrote to somebody is delivered once it was written to a socket that has a word for it', async () => {
    const { anns, bobs, eves, lobby } = world.cast;
    const device = { uuid: anns.swifty.handle, name: '', token: anns.swifty.token };
    const write = async ({ handle }: Person): Promise<string> => {
      const frame = direct(device, { uuid: handle }, { content: 'what became of this?' });
      world.speakers.swifty.say(frame);
      await world.speakers.swifty.socket.waitFor(({ msgid }) => msgid === frame.msgid);
      return frame.msgid;
    };
    const statusOf = async (msgid: string): Promise<unknown> => {
      const { body } = await ask('GET', `${world.url}/messages/${msgid}/status?token=${device.token}`);
      return (body as { status: string }).status;
    };
    const eve = await inRoom(world.otherUrl, eves.rooms, lobby);
    try {
      const [toRooms, toV1, toDevice] = [await write(eves.rooms), await write(bobs.v1), await write(bobs.swifty)];
      await eventually(async () => {
        expect([await statusOf(toV1), await statusOf(toDevice)]).toEqual(['delivered', 'delivered']);
      });
      expect(await statusOf(toRooms)).toBe('pending');
      // Over v1 the account gets what waits for it.
      const overV1 = await v1Listener(world.otherUrl, eves.rooms, 'over v1', []);
      await overV1.socket.waitFor((frame) => JSON.stringify(frame).includes('what became of this?'));
      await eventually(async () => (await statusOf(toRooms)) === 'delivered');
      overV1.socket.socket.terminate();
    } finally {
      eve.socket.socket.terminate();
    }
  });

  test('over conversations only a member sends to a room or a group, and a topic is no conversation', async () => {
    const { eves, anns, lobby, group, topic } = world.cast;
    const send = async (by: Person, { number }: { number: number }) => {
      const path = `${world.otherUrl}/conversations/${number}/messages`;
      const { status, body } = await ask('POST', path, { token: by.token, body: { content: 'may I?' } });
      return [status, (body as { detail?: string }).detail];
    };
    const refused = [403, 'You must be a participant to send messages'];
    expect(await send(eves.conversations, lobby)).toEqual(refused);
    expect(await send(eves.conversations, group)).toEqual(refused);
    expect(await send(anns.conversations, topic)).toEqual([404, 'Conversation not found']);
    expect(await send(anns.conversations, lobby)).toEqual([201, undefined]);
  });

  test('histories show messages in their last form, and none that was deleted', async () => {
    const { anns, bobs, lobby } = world.cast;
    const [, edited, deleted] = await sayThree(world, `/channels/${lobby.id}/messages`);
    const v1 = as(world.url, { token: anns.v1.token });
    await v1(`PATCH /messages/${edited}`, { content: textContent('edited') });
    await v1(`DELETE /messages/${deleted}`);
    const read = async <T>(path: string, { token }: Person): Promise<T> =>
      (await ask('GET', world.otherUrl + path, { token })).body;
    const inRooms = await read<{ message: string }[]>(`/api/messages/${lobby.number}`, bobs.rooms);
    expect(inRooms.slice(-2).map(({ message }) => message)).toEqual(['kept', 'edited']);
    const recent = await read<{ message: string }[]>(`/api/messages/${lobby.number}/recent?limit=2`, bobs.rooms);
    expect(recent).toEqual(inRooms.slice(-2));
    const rooms = await read<{ id: number; last_message: object }[]>('/api/rooms', bobs.rooms);
    expect(rooms.find(({ id }) => id === lobby.number)?.last_message).toMatchObject({ message: 'edited' });
    const path = `/conversations/${lobby.number}/messages`;
    const inConversations = await read<{ content: string }[]>(path, bobs.conversations);
    expect(inConversations.slice(-2).map(({ content }) => content)).toEqual(['kept', 'edited']);
  });

  test('a device that was away receives what is left, in its last form and once; changes stop nothing', async () => {
    const { anns } = world.cast;
    const { socket } = world.speakers.swifty;
    socket.socket.terminate();
    await socket.closed;
    const v1 = as(world.url, { token: anns.v1.token });
    const { body } = await v1('POST /directs', { accountId: anns.swifty.accountId });
    const path = `/channels/${(body as { id: string }).id}/messages`;
    const [kept, edited, deleted] = await sayThree(world, path);
    await v1(`PATCH /messages/${edited}`, { content: textContent('edited') });
    await v1(`DELETE /messages/${deleted}`);
    for (const id of [kept, edited]) await v1(`PUT /messages/${id}/reactions/${encodeURIComponent('👍')}`);
    const receives = async (marker: string): Promise<unknown[]> => {
      using device = await connect(world.otherUrl, anns.swifty);
      await v1(`POST ${path}`, { clientId: unique('c'), content: textContent(marker) });
      await device.waitFor(({ content }) => content === marker);
      // How far the inbox was written is recorded in groups; a device that reconnects before that receives it again.
      const { handle: uuid, token } = anns.swifty;
      await eventually(async () => {
        const { body: waiting } = await ask('GET', `${world.url}/clients/${uuid}/undelivered?token=${token}`);
        expect(waiting).toMatchObject({ count: 0 });
      });
      return device.received.flatMap(({ content }) => content ?? []);
    };
    expect(await receives('first marker')).toEqual(['kept', 'edited', 'first marker']);
    await v1(`DELETE /messages/${kept}`);
    expect(await receives('second marker')).toEqual(['second marker']);
  });

  test('docs/dialects.md says so', () => {
    const is = readFileSync(page, 'utf8');
    const shouldBe = withSection(is, sectionOf(played, opened));
    if (process.env.PARLEY_WRITE_DOCS === 'true') writeFileSync(page, shouldBe);
    else expect(is, `stale: ${regenerate}`).toBe(shouldBe);
  });
});
