import { createHash, timingSafeEqual } from 'node:crypto';
import { Fault, isFault } from '@parley/contracts';
import type { Account } from '@parley/contracts';
import type { Request } from 'express';
import type { RestDeps } from '../../protocol/rest-deps.js';
import { route } from '../../protocol/routes.js';
import type { Route } from '../../protocol/routes.js';
import type { SwiftySettings } from './settings.js';
import * as shapes from './shapes.js';

type Deps = Pick<RestDeps, 'core' | 'realm' | 'anonymous' | 'system' | 'authenticateToken'>;

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
      const account = await theDevice(deps, settings, { name, uuid, proof });
      const system = { principal: deps.system };
      const grant = await deps.core.auth.token.issue({ accountId: account.id, dialect: 'swifty' }, system);
      return {
        body: {
          token: grant.accessToken,
          uuid: account.handle,
          name: account.name,
          message: 'Registration successful',
        },
      };
    },
  });

interface Asked {
  readonly name: string;
  readonly uuid: string;
  readonly proof: string | undefined;
}

/**
 * A caller with an earlier token is the account of that token. Every other caller gets a new account: under the same uuid where it is
 * known, with none of the data of the other accounts and no access to them.
 */
const theDevice = async (deps: Deps, settings: SwiftySettings, asked: Asked): Promise<Account> => {
  const earlier = await provedBy(deps, asked);
  if (earlier) return earlier.name === asked.name ? earlier : rename(deps, earlier, asked.name);
  const device = {
    kind: 'device' as const,
    handle: asked.uuid,
    name: asked.name,
    sharesHandle: !settings.tokenToReregister,
  };
  try {
    return await deps.core.auth.account.register(device, { principal: deps.anonymous });
  } catch (error) {
    if (isFault(error) && error.reason === 'handle_taken') throw registeredElsewhere();
    throw error;
  }
};

const rename = ({ core, system }: Deps, { id: accountId }: Account, name: string): Promise<Account> =>
  core.auth.account.rename({ accountId, name }, { principal: system });

/** The account with this uuid that the token proves, expired or not; null without such a token. */
const provedBy = async (deps: Deps, { uuid, proof }: Asked): Promise<Account | null> => {
  if (proof === undefined) return null;
  try {
    const { accountId: id, handle } = await deps.authenticateToken(proof, { expired: true });
    return handle === uuid
      ? await deps.core.auth.account.find({ reference: { id } }, { principal: deps.system })
      : null;
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

const registeredElsewhere = (): Fault =>
  new Fault('conflict', 'registered_elsewhere', 'This UUID is registered already');
