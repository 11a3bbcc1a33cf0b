import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Platform, startPlatform } from '@parley/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Door, doors } from './doors.js';
import { type Played, sectionOf, withSection } from './matrix-page.js';
import { normaliser } from './normalise.js';
import { formsToStart } from './platforms.js';
import { type Scene, scenes } from './scenes.js';
import { gather, sharedRealm } from './shared-realm.js';
import { stage, type World } from './stage.js';

// Every speaker × every listener in one realm that all six wires share: what reaches whom, in which words. What
// docs/dialects.md says about it is made here.
const regenerate = 'PARLEY_WRITE_DOCS=true npx vitest run test/journeys/across-dialects.int.test.ts';

const page = fileURLToPath(new URL('../../docs/dialects.md', import.meta.url));
/** On a platform of its own: the realms of the others are apart. */
const [form = 'standalone'] = formsToStart();

describe(`every speaker and every listener in one realm (${form})`, () => {
  let platform: Platform;
  let world: World;
  const played = new Map<Scene, Played>();
  const opened = new Map<Door, unknown[]>();

  beforeAll(async () => {
    platform = await startPlatform(form, sharedRealm);
    const [url = '', otherUrl = url] = platform.urls;
    const cast = await gather(url);
    const normalise = normaliser(cast);
    world = await stage(url, otherUrl, cast);
    for (const scene of scenes) {
      const { said, hearing } = await world.play(scene);
      played.set(scene, { said: normalise(said), hearing: normalise(hearing) as Played['hearing'] });
    }
    for (const door of doors) opened.set(door, normalise(await door.opens(world)) as unknown[]);
  }, 120_000);
  afterAll(async () => {
    world?.leave();
    await platform?.stop();
  });

  test.each(scenes)('$kind, said by $speaker', (scene) => {
    expect(played.get(scene)?.hearing).toEqual(scene.expected);
  });

  test.each(doors)('$who $tries', (door) => {
    expect(opened.get(door)).toEqual(door.expected);
  });

  test('docs/dialects.md says so', () => {
    const is = readFileSync(page, 'utf8');
    const shouldBe = withSection(is, sectionOf(played, opened));
    if (process.env.PARLEY_WRITE_DOCS === 'true') writeFileSync(page, shouldBe);
    else expect(is, `stale: ${regenerate}`).toBe(shouldBe);
  });
});
