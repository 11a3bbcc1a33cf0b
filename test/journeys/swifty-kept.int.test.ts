import { randomUUID } from 'node:crypto';
import { eventually } from '@parley/testing';
import { expect, test } from 'vitest';
import { journey } from './platforms.js';
import { ask } from '../clients/http.js';
import { aDevice, connect, direct, register } from '../clients/swifty.js';
import type { Device } from '../clients/swifty.js';

journey('what is kept for a swifty device', ({ url, otherUrl }) => {
  const statusOf = async ({ token }: Device, msgid: string) => {
    const { status, body } = await ask('GET', `${otherUrl}/messages/${msgid}/status?token=${token}`);
    return status === 200 ? (body as { status: string }).status : status;
  };
  const undelivered = async (of: Device, { token }: Device) =>
    (
      (await ask('GET', `${url}/clients/${of.uuid}/undelivered?token=${token}`)).body as {
        messages: { msgid: string; from: string }[];
      }
    ).messages;
  /** Alice says so many things to somebody who is not there; their msgids. */
  const sayTo = async (alice: Device, absent: Device, count: number, more: object = {}): Promise<string[]> => {
    using a = await connect(url, alice);
    const messages = Array.from({ length: count }, (_, n) => direct(alice, absent, { msgno: n + 1, ...more }));
    for (const message of messages) {
      a.send(message);
      expect(await a.waitFor('error')).toMatchObject({ message: `Recipient ${absent.uuid} not connected` });
    }
    return messages.map(({ msgid }) => msgid);
  };

  test('is written in order, after the greeting, to its next connection and to none after that', async () => {
    const [alice, bob] = [await aDevice(url, 'Alice'), await aDevice(url, 'Bob')];
    const msgids = await sayTo(alice, bob, 5);
    expect(await statusOf(alice, msgids[0]!)).toBe('pending');
    expect(await undelivered(bob, bob)).toEqual(
      msgids.map((msgid) => ({ msgid, from: alice.uuid, timestamp: expect.any(Number) })),
    );
    {
      using b = await connect(otherUrl, bob);
      await b.waitFor(({ msgno }) => msgno === 5);
      expect(b.received.map(({ type, msgno }) => type ?? msgno)).toEqual(['connection', 1, 2, 3, 4, 5]);
      await eventually(async () => expect(await statusOf(alice, msgids[4]!)).toBe('delivered'));
    }
    using again = await connect(url, bob);
    using a = await connect(url, alice);
    a.send(direct(alice, bob, { content: 'live' }));
    await again.waitFor(({ content }) => content === 'live');
    expect(again.received).toHaveLength(2);
    await eventually(async () => expect(await undelivered(bob, bob)).toEqual([]));
  });

  test('what a live connection received does not come again', async () => {
    const [alice, bob] = [await aDevice(url), await aDevice(url)];
    using a = await connect(url, alice);
    const first = await connect(url, bob);
    const message = direct(alice, bob, { content: 'once' });
    a.send(message);
    await first.waitFor(({ content }) => content === 'once');
    await eventually(async () => expect(await statusOf(alice, message.msgid)).toBe('delivered'));
    first.close();
    await first.closed;
    using second = await connect(otherUrl, bob);
    a.send(direct(alice, bob, { content: 'twice' }));
    await second.waitFor(({ content }) => content === 'twice');
    expect(second.received.map(({ content }) => content)).toEqual([undefined, 'twice']);
  });

  test('the sender’s retry of the same frame is one message', async () => {
    const [alice, bob] = [await aDevice(url), await aDevice(url)];
    using a = await connect(url, alice);
    using b = await connect(url, bob);
    const message = direct(alice, bob);
    for (let n = 0; n < 3; n += 1) {
      a.send(message);
      await a.waitFor('sent');
    }
    a.send({ ...message, content: 'another under the same msgid' });
    await b.waitFor(({ content }) => content === 'another under the same msgid');
    expect(b.received).toHaveLength(3);
  });

  test('a message is acknowledged by its reader, and its sender can learn that', async () => {
    const [alice, bob, eve] = [await aDevice(url), await aDevice(url), await aDevice(url)];
    using a = await connect(url, alice);
    using b = await connect(otherUrl, bob);
    const message = direct(alice, bob);
    a.send(message);
    await b.waitFor(({ msgid }) => msgid === message.msgid);
    b.send({ type: 'ack', msgid: message.msgid });
    await eventually(async () => expect(await statusOf(alice, message.msgid)).toBe('acknowledged'));
    expect(await statusOf(bob, message.msgid)).toBe('acknowledged');
    expect(await statusOf(eve, message.msgid)).toBe(404);
    expect(await statusOf({ ...eve, token: 'nonsense' }, message.msgid)).toBe(401);
    expect(b.received.map(({ type }) => type)).toEqual(['connection', undefined]);
  });

  test('what was not acknowledged is repeated once per connection, and only to a device that acknowledges', async () => {
    const [alice, bob] = [await aDevice(url), await aDevice(url)];
    using a = await connect(url, alice);
    const say = async (content: string, acknowledge: boolean) => {
      const message = direct(alice, bob, { content, acknowledge });
      a.send(message);
      await a.waitFor('sent');
      return message.msgid;
    };
    const delivered = (msgid: string) => eventually(async () => expect(await statusOf(alice, msgid)).toBe('delivered'));
    const receivedBy = async (at: string) => {
      using b = await connect(at, bob);
      await delivered(await say('marker', false));
      await b.waitFor(({ content }) => content === 'marker');
      return b.received.slice(1).map(({ content }) => content);
    };
    {
      using b = await connect(url, bob);
      const [wanted, unwanted] = [await say('wanted', true), await say('unwanted', false)];
      await b.waitFor(({ content }) => content === 'unwanted');
      await delivered(wanted);
      await delivered(unwanted);
    }
    expect(await receivedBy(otherUrl)).toEqual(['marker']);
    {
      using b = await connect(url, bob);
      const acknowledged = await say('acknowledged', true);
      await b.waitFor(({ content }) => content === 'acknowledged');
      b.send({ type: 'ack', msgid: acknowledged });
      await eventually(async () => expect(await statusOf(alice, acknowledged)).toBe('acknowledged'));
    }
    expect(await receivedBy(otherUrl)).toEqual(['wanted', 'marker']);
    expect(await receivedBy(url)).toEqual(['wanted', 'marker']);
  });

  test('a device that was away long acknowledges everything at once', async () => {
    const bob = await aDevice(url);
    const [senders, each] = [5, 60];
    const sayAll = async () => {
      const alice = await aDevice(url);
      using a = await connect(url, alice);
      for (let n = 1; n <= each; n += 1) a.send(direct(alice, bob));
      for (let n = 1; n <= each; n += 1) await a.waitFor('error');
    };
    await Promise.all(Array.from({ length: senders }, sayAll));
    using b = await connect(otherUrl, bob);
    await eventually(() => expect(b.received).toHaveLength(senders * each + 1));
    const msgids = b.received.slice(1).map(({ msgid }) => msgid as string);
    expect(new Set(msgids).size).toBe(senders * each);
    for (const msgid of msgids) b.send({ type: 'ack', msgid });
    for (const msgid of [msgids[0]!, msgids.at(-1)!])
      await eventually(async () => expect(await statusOf(bob, msgid)).toBe('acknowledged'));
    expect(b.received).toHaveLength(senders * each + 1);
  });

  test('others see what they sent, and nothing else', async () => {
    const [alice, bob, eve] = [await aDevice(url), await aDevice(url), await aDevice(url)];
    const [msgid] = await sayTo(alice, bob, 1);
    expect(await undelivered(bob, alice)).toMatchObject([{ msgid, from: alice.uuid }]);
    expect(await undelivered(bob, eve)).toEqual([]);
    expect((await ask('GET', `${url}/clients/${bob.uuid}/undelivered`)).status).toBe(401);
    expect((await ask('GET', `${url}/messages/${randomUUID()}/status?token=${eve.token}`)).status).toBe(404);
  });

  test('W0.1: kept messages are for whoever shows an earlier token', async () => {
    const [alice, bob] = [await aDevice(url), await aDevice(url)];
    const [kept] = await sayTo(alice, bob, 1);
    const renewed = await register(otherUrl, bob.uuid, 'Bob', bob.token);
    using b = await connect(url, { ...bob, token: (renewed.body as { token: string }).token });
    expect(await b.waitFor(({ msgno }) => msgno === 1)).toMatchObject({ msgid: kept });
  });
});
