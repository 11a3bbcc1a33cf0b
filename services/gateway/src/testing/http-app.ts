import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { inProcessBus } from '@parley/bus';
import { auth, chat, Fault, topics } from '@parley/contracts';
import { createLog } from '@parley/runtime';
import { fakeClock } from '@parley/testing';
import { GatewayConfig, startGateway } from '../gateway.js';
import type { Gateway } from '../gateway.js';
import { claimsOf, createTokenAuthority, epoch, serveParts, sign } from './signers.js';

const room = {
  id: '00000000-0000-4000-8000-000000000001',
  number: 1,
  realm: 'rooms',
  kind: 'room',
  slug: null,
  title: 'General',
  metadata: {},
  metadataText: null,
  membershipVersion: 0,
  createdBy: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  closedAt: null,
};
interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Sends exactly these bytes; supertest would tidy the path and the headers. */
const sendTo =
  ({ port }: Gateway) =>
  (
    method: string,
    path: string,
    { headers = {}, body }: { headers?: Record<string, string>; body?: string | Buffer } = {},
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const outgoing = httpRequest({ port: port, method, path, headers, agent: false }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text });
        });
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });

export const json = { 'content-type': 'application/json' };
export const detail = (answer: Answer): unknown => (JSON.parse(answer.text) as { detail: unknown }).detail;

/** A gateway with tokens that it accepts, before services that answer with faults. */
export const givenHttpApp = async () => {
  const logged: { readonly msg: string; readonly requestId?: string }[] = [];
  const log = createLog({
    service: 'test',
    level: 'error',
    destination: { write: (line: string) => void logged.push(JSON.parse(line) as (typeof logged)[number]) },
  });
  const bus = inProcessBus({ log });
  const clock = fakeClock(epoch);
  const authority = createTokenAuthority(clock.now);
  let signIns = 0;
  await serveParts(bus, auth, {
    ...authority.answers,
    'token.signIn': () => {
      signIns += 1;
      return Promise.reject(new Fault('unauthenticated', 'wrong_credentials', 'No'));
    },
    'account.register': () => Promise.reject(new Fault('conflict', 'username_taken', 'No')),
    'account.me': () => Promise.reject(new Error('secret of the inside')),
  });
  await serveParts(bus, topics, { 'channel.list': () => Promise.resolve({ channels: [room], next: null }) });
  await serveParts(bus, chat, { 'channel.summaries': () => Promise.resolve([]) });
  const config = GatewayConfig.parse({
    PORT: '0',
    PARLEY_TRUSTED_PROXIES: '127.0.0.0/8',
    PARLEY_REGISTRATIONS_PER_ADDRESS: '20',
    PARLEY_CORS_ORIGINS: 'http://localhost:3000,https://app.example.com',
  });
  const gateway = await startGateway(config, { bus, log, clock: clock.now });
  const send = sendTo(gateway);
  return {
    url: gateway.url,
    bus,
    authority,
    clock,
    log,
    logged,
    /** How many sign-ins reached auth. */
    signIns: () => signIns,
    send,
    login: (body: string | Buffer, headers: Record<string, string> = json) =>
      send('POST', '/api/auth/login', { headers, body }),
    bearer: () => ({ authorization: `Bearer ${sign(authority.state.signers[0]!, claimsOf())}` }),
    async [Symbol.asyncDispose]() {
      await gateway.stop();
      await bus.drain();
    },
  };
};
