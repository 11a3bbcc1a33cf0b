// The configuration that the chart makes for a cluster of NATS, with real servers.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { connectNats } from '@parley/bus';
import { eventually, freePort, serverBinaries } from '@parley/testing';
import { afterEach, expect, test } from 'vitest';
import { configOf, ofKind, refusal, render, secretBeforeBusUsers, secretOf } from './rendered.js';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of undo.splice(0).reverse()) await end();
});

const three = { set: ['nats.replicas=3'] };
const log = { warn: () => undefined, error: () => undefined };

interface Ports {
  readonly client: number;
  readonly route: number;
  readonly monitor: number;
}

/** The files of a pod, with ports of this machine in place of those of the pods. */
const filesOf = (all: readonly Ports[], own: Ports): Record<string, string> => {
  const objects = render(three);
  const secret = secretOf(objects);
  const here = (text: string): string =>
    all
      .reduce(
        (each, { route }, at) => each.replace(`parley-nats-${at}.parley-nats-peers:6222`, `127.0.0.1:${route}`),
        text,
      )
      .replace('0.0.0.0:4222', `127.0.0.1:${own.client}`)
      .replace('0.0.0.0:6222', `127.0.0.1:${own.route}`)
      .replace('0.0.0.0:8222', `127.0.0.1:${own.monitor}`);
  const config = Object.entries(configOf(objects, 'nats')).map(([name, text]) => [`config/${name}`, here(text)]);
  const keys = ['nats-passwords.conf', 'nats-routes.conf'];
  return {
    ...Object.fromEntries(config),
    ...Object.fromEntries(keys.map((key) => [`secret/${key}`, here(secret[key] ?? '')])),
  };
};

const startServer = async (name: string, files: Readonly<Record<string, string>>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-nats-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text, { mode: 0o600 });
  }
  const { nats } = await serverBinaries();
  const child = spawn(nats, ['--config', join(folder, 'config/nats.conf')], {
    env: { POD_NAME: name },
    stdio: 'ignore',
  });
  undo.push(async () => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    rmSync(folder, { recursive: true });
  });
};

test('three servers form one cluster, and take a user of the bus', async () => {
  const all: Ports[] = [];
  for (let at = 0; at < 3; at += 1)
    all.push({ client: await freePort(), route: await freePort(), monitor: await freePort() });
  // The Secret of one rendering: each has other passwords.
  const [first] = all;
  if (first === undefined) throw new Error('No server');
  const files = filesOf(all, first);
  for (const [at, own] of all.entries())
    await startServer(
      `parley-nats-${at}`,
      Object.fromEntries(
        Object.entries(files).map(([path, text]) => [
          path,
          path === 'config/nats.conf'
            ? text
                .replace(`listen: 127.0.0.1:${first.client}`, `listen: 127.0.0.1:${own.client}`)
                .replace(`listen: 127.0.0.1:${first.route}`, `listen: 127.0.0.1:${own.route}`)
                .replace(`127.0.0.1:${first.monitor}`, `127.0.0.1:${own.monitor}`)
            : text,
        ]),
      ),
    );
  const routes = async ({ monitor }: Ports): Promise<number> => {
    const answer = await fetch(`http://127.0.0.1:${monitor}/routez`);
    const { routes: found } = (await answer.json()) as { routes: { remote_id: string }[] };
    return new Set(found.map(({ remote_id: id }) => id)).size;
  };
  for (const each of all) await eventually(async () => expect(await routes(each)).toBe(2), { withinMs: 20_000 });
  const password = /gateway_password: "(.*)"/.exec(files['secret/nats-passwords.conf'] ?? '')?.[1];
  const bus = await connectNats({
    servers: `nats://gateway:${password}@127.0.0.1:${first.client}`,
    name: 'gateway',
    log,
  });
  undo.push(() => bus.drain());
  expect(bus.connected).toBe(true);
}, 60_000);

test('its pods find each other by name, are replaced one by one, and leave before they end', () => {
  const objects = render(three);
  const [set] = ofKind(objects, 'StatefulSet').filter(({ metadata }) => metadata.name === 'parley-nats');
  expect(set?.spec).toMatchObject({ replicas: 3, serviceName: 'parley-nats-peers' });
  expect(ofKind(objects, 'Service').find(({ metadata }) => metadata.name === 'parley-nats-peers')?.spec).toMatchObject({
    clusterIP: 'None',
    publishNotReadyAddresses: true,
  });
  expect(ofKind(objects, 'Deployment').map(({ metadata }) => metadata.name)).not.toContain('parley-nats');
  expect(configOf(objects, 'nats')['nats.conf']).toContain('lame_duck_duration');
});

test('the password of its servers stays over upgrades, and a release that kept its values stays a single server', () => {
  const stored = secretOf(render(three));
  expect(secretOf(render({ ...three, stored }))['nats-routes.conf']).toBe(stored['nats-routes.conf']);
  const kept = render({ set: ['nats.replicas=null'], stored: secretBeforeBusUsers });
  expect(ofKind(kept, 'Deployment').find(({ metadata }) => metadata.name === 'parley-nats')?.spec).toMatchObject({
    replicas: 1,
  });
});

test('a Secret made by hand needs its routes', () => {
  const { 'nats-routes.conf': _routes, ...stored } = secretOf(render(three));
  expect(refusal({ set: ['nats.replicas=3', 'secret.create=false'], stored })).toContain('has no key nats-routes.conf');
});
