import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { deadlineIn, isFault, timeLeft } from '@parley/contracts';
import type { DialectName, Realm, Fault } from '@parley/contracts';
import type { Request } from 'express';
import { z } from 'zod';
import type { Core } from '../core.js';
import type { RequestKey, RestDeps } from '../protocol/rest-deps.js';
import type { Reply, Route } from '../protocol/routes.js';
import { clientNetwork } from '../limits/client-network.js';
import { EdgeFault } from './http-errors.js';
import { clientAddress } from './request-trace.js';

const keyCharactersMax = 255;
const responseCharactersMax = 40_000;
const waitMs = 5_000;
/** After one of these it is unknown whether the service executed the operation. */
const ambiguous = new Set(['deadline_exceeded', 'bus_down', 'store_unavailable', 'store_timeout']);
const pauseMs = 100;

const keys = new WeakMap<Request, RequestKey>();

/** The key of a request that carries one and is being answered; null for all others. */
export const requestKeyOf = (request: Request): RequestKey | null => keys.get(request) ?? null;

const KeptReply = z.object({
  status: z.int().optional(),
  body: z.unknown().optional(),
  contentType: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
});

interface OnceOptions {
  readonly dialect: DialectName;
  readonly realm: Realm;
  readonly route: Route;
  readonly deps: RestDeps;
  /** Where the keys and their responses are kept. */
  readonly requests: Core['auth']['request'];
}

/**
 * Executes a write that carries an `Idempotency-Key` once (draft-ietf-httpapi-idempotency-key-header): the same key of the same caller on
 * the same route returns the first response for 24 hours. Faults: `invalid` `idempotency_key_invalid` | `idempotency_key_reused`,
 * `conflict` `request_in_progress`. A request that ended in a fault is not stored and may be tried again.
 */
export const answerOnce = async (
  request: Request,
  { dialect, realm, route, deps, requests }: OnceOptions,
  work: () => Promise<Reply>,
): Promise<Reply> => {
  const key = route.method === 'get' ? undefined : request.get('idempotency-key');
  if (key === undefined) return work();
  if (key.length === 0 || key.length > keyCharactersMax || !/^[\x21-\x7e ]+$/.test(key)) throw badKey();
  const asked = digest(JSON.stringify([request.originalUrl, request.body ?? null]));
  // A caller without an account is identified by its request, so that no stranger gets a response that contains another's tokens.
  const caller =
    route.access === 'account'
      ? (await deps.authentication.authenticate(request)).accountId
      : `${clientNetwork(clientAddress(request))} ${request.get('authorization') ?? ''} ${asked}`;
  const scope = digest(JSON.stringify([dialect, realm, caller, route.method, request.path, key]));
  keys.set(request, { header: key, digest: digest(`${scope} ${asked}`) });
  const options = { principal: deps.system };

  for (const until = deadlineIn(waitMs); ; await sleep(pauseMs)) {
    const { state, response } = await requests.claim({ scope, fingerprint: asked }, options);
    if (state === 'new') break;
    if (state === 'different') throw reusedKey();
    if (state === 'done' && response !== null) return replayed(unseal(response, key, scope));
    if (timeLeft(until) < pauseMs) throw inProgress();
  }
  try {
    const reply = await work();
    const sealed = reply.stream ? null : seal(JSON.stringify(reply), key, scope);
    if (sealed !== null && sealed.length <= responseCharactersMax) {
      await requests.complete({ scope, response: sealed }, options);
    }
    return reply;
  } catch (error) {
    // An operation that may have been executed keeps its claim until the claim expires, so that no retry runs beside it.
    const mayBeDone = !route.repeatable && isFault(error) && ambiguous.has(error.reason);
    if (!mayBeDone) {
      // The client needs the fault of its request; a claim that is not released expires.
      await requests.release({ scope }, options).catch(() => undefined);
    }
    throw error;
  }
};

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');

const replayed = (reply: Reply): Reply => ({ ...reply, headers: { ...reply.headers, 'Idempotent-Replayed': 'true' } });

/** Responses contain tokens: without the client's key the stored copy cannot be read. */
const sealingKey = (key: string, scope: string): Buffer =>
  Buffer.from(hkdfSync('sha256', key, scope, 'parley idempotent response', 32));

const seal = (text: string, key: string, scope: string): string => {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', sealingKey(key, scope), iv);
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url');
};

const unseal = (sealed: string, key: string, scope: string): Reply => {
  const bytes = Buffer.from(sealed, 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', sealingKey(key, scope), bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(12, 28));
  const text = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
  return KeptReply.parse(JSON.parse(text)) as Reply;
};

const badKey = (): Fault =>
  new EdgeFault(
    'invalid',
    'idempotency_key_invalid',
    'An Idempotency-Key has 1 to 255 printable ASCII characters',
    400,
  );
const reusedKey = (): Fault =>
  new EdgeFault('invalid', 'idempotency_key_reused', 'This Idempotency-Key was used for another request', 422);
const inProgress = (): Fault =>
  new EdgeFault(
    'conflict',
    'request_in_progress',
    'The first request with this Idempotency-Key is still worked on',
    409,
  );
