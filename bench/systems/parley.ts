import { randomBytes } from 'node:crypto';
import { type Channel, type Grant, type OwnAccount, ParleyClient, signUp } from '@parley/client';
import { startStack } from '@parley/testing';
import { startModule } from '../child.js';
import { profileEnvironment } from '../profile-environment.js';
import type { Endpoint, System } from '../system.js';
import { onEnd } from './on-end.js';

const accounts = 20;

export interface ParleyOptions {
  readonly payloadBytes: number;
  /** Where a V8 profile of the gateway is written. */
  readonly profileFolder: string | undefined;
}

/** All of Parley as separate processes with servers of its own; the v1 wire, sockets of some accounts attached to one room. */
export const startParley = async ({ payloadBytes, profileFolder }: ParleyOptions): Promise<System> => {
  const end = onEnd();
  try {
    const stack = await startStack({ environment: environmentOf(profileFolder) });
    end.add(() => stack.stop());
    const gateway = stack.processes.get('gateway-1');
    const [url] = stack.urls;
    if (gateway === undefined || url === undefined) throw new Error('The stack has no gateway');
    const sender = await signUpAs(url, 0);
    const grants = [sender];
    while (grants.length < accounts) grants.push(await signUpAs(url, grants.length));
    const client = new ParleyClient({ url, tokens: sender });
    const room = await client.rest.createChannel({ kind: 'room', title: 'W1' });
    await client.close();
    const publisher = startModule('the publisher', './systems/parley-publisher.js', [
      stack.nats.url,
      String(payloadBytes),
      sender.account.realm,
      JSON.stringify(snapshotOf(room)),
      JSON.stringify(summaryOf(sender.account)),
    ]);
    end.add(() => publisher.stop());
    await publisher.ask();
    const pids = [gateway.pid, publisher.pid, stack.nats.pid];
    const endpoint = endpointOf(url, room, grants);
    return { name: 'parley', pid: gateway.pid, pids, endpoint, publisher, stop: end.now };
  } catch (error) {
    await end.now();
    throw error;
  }
};

const endpointOf = (url: string, room: Channel, grants: readonly Grant[]): Endpoint => ({
  port: Number(new URL(url).port),
  path: '/v1/socket',
  hello: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'channel.attach', params: { channelId: room.id } }),
  ready: '"outcome":"replayed"',
  headers: grants.map(({ accessToken }) => `Authorization: Bearer ${accessToken}`),
});

const environmentOf = (profileFolder: string | undefined): Record<string, string> => ({
  // As it runs in production, but that tokens outlive the longest run.
  NODE_ENV: 'production',
  PARLEY_ACCESS_MINUTES_V1: '120',
  PARLEY_DRAIN_MS: '500',
  ...(profileFolder !== undefined && profileEnvironment(profileFolder)),
});

const signUpAs = (url: string, index: number): Promise<Grant> =>
  signUp({ url, username: `listener-${index}`, password: randomBytes(12).toString('hex') });

const snapshotOf = ({ id, number, kind, slug, title, membershipVersion }: Channel) => ({
  ...{ id, number, kind, slug, title, membershipVersion },
});

const summaryOf = ({ id, number, handle, name }: OwnAccount) => ({ id, number, handle, name });
