import { randomBytes } from 'node:crypto';
import { startStack } from '@parley/testing';
import { startModule } from '../child.js';
import { onEnd } from './on-end.js';

const accounts = 20;

/** All of Parley as separate processes with servers of its own; the v1 wire, sockets of some accounts attached to one room. */
export const startParley = async ({ payloadBytes, profileFolder }) => {
  const end = onEnd();
  try {
    const stack = await startStack({ environment: environmentOf(profileFolder) });
    end.then(() => stack.stop());
    const gateway = stack.processes.get('gateway-1');
    const [url] = stack.urls;
    const grants = await signUpAll(url);
    const room = await post(`${url}/v1/channels`, { kind: 'room', title: 'W1' }, grants[0].accessToken);
    const publisher = startModule('the publisher', './systems/parley-publisher.js', [
      stack.nats.url,
      String(payloadBytes),
      grants[0].account.realm,
      JSON.stringify(snapshotOf(room)),
      JSON.stringify(summaryOf(grants[0].account)),
    ]);
    end.then(() => publisher.stop());
    await publisher.ask();
    const endpoint = {
      port: Number(new URL(url).port),
      path: '/v1/socket',
      hello: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'channel.attach', params: { channelId: room.id } }),
      ready: '"outcome":"replayed"',
      headers: grants.map(({ accessToken }) => `Authorization: Bearer ${accessToken}`),
    };
    const pids = [gateway.pid, publisher.pid, stack.nats.pid];
    return { name: 'parley', pid: gateway.pid, pids, endpoint, publisher, stop: end.now };
  } catch (error) {
    await end.now();
    throw error;
  }
};

const environmentOf = (profileFolder) => ({
  // As it runs in production, but that tokens outlive the longest run.
  NODE_ENV: 'production',
  PARLEY_ACCESS_MINUTES_V1: '120',
  PARLEY_DRAIN_MS: '500',
  ...(profileFolder && {
    NODE_OPTIONS: `--import ${new URL('../profile.js', import.meta.url).href}`,
    PARLEY_BENCH_PROFILE: profileFolder,
  }),
});

const signUpAll = async (url) => {
  const grants = [];
  for (let index = 0; index < accounts; index += 1) {
    const password = randomBytes(12).toString('hex');
    grants.push(await post(`${url}/v1/accounts`, { username: `listener-${index}`, password }));
  }
  return grants;
};

const post = async (url, body, token) => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new Error(`POST ${url}: ${response.status} ${await response.text()}`);
  return response.json();
};

const snapshotOf = ({ id, number, kind, slug, title, membershipVersion }) => ({
  ...{ id, number, kind, slug, title, membershipVersion },
});

const summaryOf = ({ id, number, handle, name }) => ({ id, number, handle, name });
