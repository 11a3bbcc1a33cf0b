import { type Platform, startPlatform } from '@parley/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../clients/http.js';
import { aDevice, connect, direct, register, topicCall } from '../clients/swifty.js';

describe('the strict forms of the swifty wire', () => {
  let platform: Platform;
  let url = '';
  beforeAll(async () => {
    platform = await startPlatform('standalone', {
      PARLEY_SWIFTY_OFFLINE_QUEUE: 'false',
      PARLEY_SWIFTY_TOKENS_REQUIRED: 'true',
      PARLEY_SWIFTY_TOKEN_TO_REREGISTER: 'true',
      PARLEY_CHANNELS_PER_ACCOUNT_MAX: '2',
      PARLEY_SAMPLE_DATA: 'false',
    });
    [url = ''] = platform.urls;
  });
  afterAll(() => platform.stop());

  test('W0.3: lists need a token', async () => {
    const { token } = await aDevice(url);
    for (const path of ['/clients', '/topics']) {
      expect((await ask('GET', `${url}${path}`)).status).toBe(401);
      expect((await ask('GET', `${url}${path}?token=${token}`)).status).toBe(200);
    }
    expect((await ask('GET', `${url}/topics/x`)).status).toBe(401);
    expect((await ask('GET', `${url}/topics/x?token=${token}`)).status).toBe(404);
  });

  test('W0.1: a known uuid is registered again only with an earlier token, connected or not', async () => {
    const alice = await aDevice(url);
    expect((await register(url, alice.uuid, 'Mallory')).status).toBe(409);
    expect((await register(url, alice.uuid, 'Alice', alice.token)).status).toBe(200);
  });

  test('without the offline queue nothing is kept for who is absent', async () => {
    const [alice, bob] = [await aDevice(url), await aDevice(url)];
    using a = await connect(url, alice);
    const lost = direct(alice, bob);
    a.send(lost);
    expect(await a.waitFor('error')).toMatchObject({
      message: `Recipient ${bob.uuid} not connected`,
      msgid: lost.msgid,
    });
    using b = await connect(url, bob);
    a.send(direct(alice, bob, { content: 'live' }));
    await b.waitFor(({ content }) => content === 'live');
    expect(b.received).toHaveLength(2);
  });

  test('W0.5: a client makes as many topics as it may', async () => {
    const alice = await aDevice(url);
    for (const topic of ['one', 'two']) expect((await topicCall(url, 'create', alice, topic)).status).toBe(200);
    expect((await topicCall(url, 'create', alice, 'three')).status).toBe(400);
  });
});

describe('swifty in a shared realm', () => {
  const secret = 'an enrolment secret';
  let platform: Platform;
  let url = '';
  beforeAll(async () => {
    platform = await startPlatform('standalone', {
      PARLEY_DIALECT_REALMS: 'swifty:main,rooms:main',
      PARLEY_SWIFTY_ENROLMENT_SECRET: secret,
    });
    [url = ''] = platform.urls;
  });
  afterAll(() => platform.stop());

  test('a device registers with the enrolment secret, and under no user’s name', async () => {
    const body = (name: string) => ({ name, uuid: crypto.randomUUID() });
    const enrol = (name: string, shown: string) =>
      ask('POST', `${url}/register`, { body: body(name), headers: { 'x-enrolment-secret': shown } });
    expect((await ask('POST', `${url}/register`, { body: body('sensor') })).status).toBe(403);
    expect((await enrol('sensor', 'a guess')).status).toBe(403);
    expect((await enrol('sensor', secret)).status).toBe(200);
    await ask('POST', `${url}/api/auth/signup`, { body: { username: 'grace', password: 'password123' } });
    expect((await enrol('Grace', secret)).status).toBe(409);
  });
});
