// A real nats-server with the configuration and the Secret of the chart, laid out as its pod has them.
import { type Bus, type BusCounts, connectNats } from '@parley/bus';
import { type BusUserName, busUserNames } from '@parley/contracts';
import { startNatsWithConfig } from '@parley/testing';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { natsConfigOf, render, secretBeforeBusUsers, secretOf } from './rendered.js';
import type { Rendered } from './rendered.js';

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of undo.splice(0).reverse()) await end();
});

const silent = { warn: () => undefined, error: () => undefined };

/** Starts it; connects with the URL of a key of the Secret, but where the server is here. */
const startNatsOf = async (objects: readonly Rendered[]) => {
  const secret = secretOf(objects);
  const config = Object.entries(natsConfigOf(objects)).map(([name, text]) => [`config/${name}`, text]);
  const server = await startNatsWithConfig('config/nats.conf', {
    ...Object.fromEntries(config),
    'secret/nats-passwords.conf': secret['nats-passwords.conf'] ?? '',
  });
  undo.push(() => server.stop());
  return async (key: string, name: string): Promise<Bus & { readonly counts: BusCounts }> => {
    const url = new URL(secret[key] ?? '');
    url.host = `127.0.0.1:${server.port}`;
    const bus = await connectNats({ servers: url.href, name, log: silent });
    undo.push(() => bus.drain());
    return bus;
  };
};

const listens = async (bus: Bus, subject: string): Promise<boolean> =>
  bus
    .listen(subject, z.object({}), () => undefined)
    .then(
      () => true,
      () => false,
    );

test('each service connects as its own user and is held to its permissions', async () => {
  const connect = await startNatsOf(render());
  const id = '00000000-0000-4000-8000-000000000000';
  const owners: BusUserName[] = [];
  for (const user of busUserNames) {
    const bus = await connect(`NATS_URL_${user.toUpperCase().replaceAll('-', '_')}`, user);
    expect(await listens(bus, '>'), user).toBe(false);
    const deniedBefore = bus.counts.denied;
    bus.publish({ name: 'account.deleted' }, [{ kind: 'account', id }]);
    // A round trip: what the server refused has come back before it.
    await listens(bus, `_INBOX.${user}.x`);
    await new Promise(setImmediate);
    if (bus.counts.denied === deniedBefore) owners.push(user);
  }
  expect(owners).toEqual(['auth']);
});

test('the user of the release before can do everything during the first upgrade, beside the new ones', async () => {
  const connect = await startNatsOf(render({ stored: secretBeforeBusUsers }));
  expect(await listens(await connect('NATS_URL', 'chat'), '>')).toBe(true);
  expect(await listens(await connect('NATS_URL_CHAT', 'chat'), '>')).toBe(false);
  expect(await listens(await connect('NATS_URL_CHAT', 'chat'), 'evt.member.added.channel.*')).toBe(true);
});
