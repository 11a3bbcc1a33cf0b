import { createHash, timingSafeEqual } from 'node:crypto';
import { Fault, isFault } from '@parley/contracts';
import type { AccountId } from '@parley/contracts';
import type { Request } from 'express';
import type { RestDeps } from '../../protocol/rest-deps.js';
import { route } from '../../protocol/routes.js';
import type { Route } from '../../protocol/routes.js';
import type { SwiftySettings } from './settings.js';
import * as shapes from './shapes.js';

type Deps = Pick<RestDeps, 'realm' | 'authentication'>;

/** Registers a device under a uuid that it chooses. An earlier token proves that it is the same device; the uuid alone is public. */
export const registerRoute = (deps: RestDeps, settings: SwiftySettings): Route =>
  route({
    method: 'post',
    path: '/register',
    operationId: 'registerClient',
    summary:
      'Register a client by name and uuid; with an earlier token (Bearer or ?token=) it is the client that it was',
    access: 'anyone',
    query: shapes.MaybeToken,
    body: shapes.Registration,
    responses: {
      200: { description: 'A token for this client', schema: shapes.Registered },
      403: { description: 'This realm is shared, and devices need its enrolment secret', schema: shapes.Detail },
      409: {
        description: 'No earlier token came along, and the uuid needs one or has as many clients as it may',
        schema: shapes.Detail,
      },
    },
    async handle({ body: { name, uuid }, query, request }) {
      assertEnrolled(deps, settings, request);
      const proof = bearerOf(request) ?? query.token;
      const earlier = await provedBy(deps, uuid, proof);
      const sharesHandle = !settings.tokenToReregister;
      const command = { type: 'device.register' as const, handle: uuid, name, sharesHandle, earlier };
      const call = { principal: deps.anonymous, request };
      const { grant } = await deps.execute(command, call).catch(asRegisteredElsewhere);
      return {
        body: {
          token: grant.accessToken,
          uuid: grant.account.handle,
          name: grant.account.name,
          message: 'Registration successful',
        },
      };
    },
  });

/**
 * The account with this uuid that the token proves, expired or not; null without such a token. A caller without one gets a new account:
 * under the same uuid where it is known, with none of the data of the other accounts and no access to them.
 */
const provedBy = async (deps: Deps, uuid: string, proof: string | undefined): Promise<AccountId | null> => {
  if (proof === undefined) return null;
  try {
    const { accountId, handle } = await deps.authentication.authenticateToken(proof, { expired: true });
    return handle === uuid ? accountId : null;
  } catch (error) {
    if (isFault(error) && error.code === 'unauthenticated') return null;
    throw error;
  }
};

const assertEnrolled = ({ realm }: Deps, { enrolmentSecret }: SwiftySettings, request: Request): void => {
  if (realm === 'swifty') return;
  const shown = request.get('x-enrolment-secret') ?? '';
  if (enrolmentSecret === undefined || !isSame(shown, enrolmentSecret)) {
    throw new Fault('forbidden', 'not_enrolled', 'Devices need the enrolment secret here');
  }
};

const isSame = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other));
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const bearerOf = (request: Request): string | undefined =>
  /^Bearer +(\S+) *$/i.exec(request.get('authorization') ?? '')?.[1];

const asRegisteredElsewhere = (error: unknown): never => {
  if (!isFault(error) || error.reason !== 'handle_taken') throw error;
  throw new Fault('conflict', 'registered_elsewhere', 'This UUID is registered already');
};
