import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { eventually, type Platform, startPlatform } from '@parley/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EntryPoint, entryPoints } from './speakers.js';
import { type Played, sectionOf, withSection } from './matrix-page.js';
import { normaliser } from './normalise.js';
import { formsToStart } from './platforms.js';
import { ask } from '../clients/http.js';
import { type Scene, scenes } from './scenes.js';
import { gather, inRoom, type Person, sharedRealm, v1Listener } from './shared-realm.js';
import { setup, type World } from './setup.js';
import { direct } from '../clients/swifty.js';

// Every speaker × every listener in one realm that all six wires share: what reaches whom, in which words. What
// docs/dialects.md says about it is made here.
const regenerate = 'PARLEY_WRITE_DOCS=true npx vitest run test/journeys/across-dialects.int.test.ts';

const page = fileURLToPath(new URL('../../docs/dialects.md', import.meta.url));
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

  test('docs/dialects.md says so', () => {
    const is = readFileSync(page, 'utf8');
    const shouldBe = withSection(is, sectionOf(played, opened));
    if (process.env.PARLEY_WRITE_DOCS === 'true') writeFileSync(page, shouldBe);
    else expect(is, `stale: ${regenerate}`).toBe(shouldBe);
  });
});
