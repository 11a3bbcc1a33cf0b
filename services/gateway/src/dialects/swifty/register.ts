import { createHash, timingSafeEqual } from 'node:crypto';
import { Fault, isFault } from '@parley/contracts';
import type { Account, AccountPrincipal, Grant } from '@parley/contracts';
import type { Request } from 'express';
import type { RestDeps } from '../dialect.js';
import { route } from '../routes.js';
import type { Route } from '../routes.js';
import type { SwiftySettings } from './settings.js';
import * as shapes from './shapes.js';
import { subscriptionsOf } from './subscriptions.js';

type Deps = Pick<RestDeps, 'core' | 'realm' | 'anonymous' | 'system' | 'here' | 'authenticateToken'>;

/** A device names itself. Who it was before it shows by an earlier token; the uuid alone is public. */
export const registerRoute = (deps: RestDeps, settings: SwiftySettings): Route =>
  route({
    method: 'post',
    path: '/register',
    summary: 'Register a client by name and uuid; a known uuid may need an earlier token (Bearer or ?token=)',
    access: 'anyone',
    query: shapes.MaybeToken,
    body: shapes.Registration,
    responses: {
      200: { description: 'A token for this client', schema: shapes.Registered },
      403: { description: 'This realm is shared, and devices need its enrolment secret', schema: shapes.Detail },
      409: { description: 'The uuid is connected, and no earlier token came along', schema: shapes.Detail },
    },
    async handle({ body: { name, uuid }, query, request }) {
      assertEnrolled(deps, settings, request);
      const proof = bearerOf(request) ?? query.token;
      const { account, startsEmpty } = await theDevice(deps, settings, { name, uuid, proof });
      const system = { principal: deps.system };
      const grant = await deps.core.auth.token.issue({ accountId: account.id, dialect: 'swifty' }, system);
      if (startsEmpty) await startEmpty(deps, principalOf(grant));
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

interface Device {
  readonly account: Account;
  readonly startsEmpty: boolean;
}

const theDevice = async (deps: Deps, settings: SwiftySettings, asked: Asked): Promise<Device> => {
  const known = await find(deps, asked.uuid);
  if (known) return registerAgain(deps, settings, known, asked);
  try {
    const device = { kind: 'device' as const, handle: asked.uuid, name: asked.name };
    const account = await deps.core.auth.account.register(device, { principal: deps.anonymous });
    return { account, startsEmpty: false };
  } catch (error) {
    if (!isFault(error) || error.reason !== 'handle_taken') throw error;
    // Somebody else was quicker with the same uuid.
    const taken = await find(deps, asked.uuid);
    if (!taken) throw error;
    return registerAgain(deps, settings, taken, asked);
  }
};

const find = ({ core, system }: Deps, handle: string): Promise<Account | null> =>
  core.auth.account.find({ reference: { handle } }, { principal: system });

/** What was kept and subscribed belongs to whoever shows an earlier token; without one the device starts empty. */
const registerAgain = async (deps: Deps, settings: SwiftySettings, known: Account, asked: Asked): Promise<Device> => {
  const { core, realm, system, here } = deps;
  // A person's handle is its account's id, and no device may be one.
  if (known.kind !== 'device') throw registeredElsewhere();
  const startsEmpty = !(await isProved(deps, known, asked.proof));
  if (startsEmpty) {
    const isHere = (await here.online(realm, [known.id])).has(known.id);
    if (isHere || settings.tokenToReregister) throw registeredElsewhere();
  }
  if (known.name === asked.name) return { account: known, startsEmpty };
  const renamed = { accountId: known.id, name: asked.name };
  return { account: await core.auth.account.rename(renamed, { principal: system }), startsEmpty };
};

const isProved = async ({ authenticateToken }: Deps, known: Account, proof: string | undefined): Promise<boolean> => {
  if (proof === undefined) return false;
  try {
    return (await authenticateToken(proof, { expired: true })).accountId === known.id;
  } catch (error) {
    if (isFault(error) && error.code === 'unauthenticated') return false;
    throw error;
  }
};

const principalOf = ({ account, sessionId }: Grant): AccountPrincipal => ({
  kind: 'account',
  realm: account.realm,
  dialect: 'swifty',
  accountId: account.id,
  number: account.number,
  handle: account.handle,
  name: account.name,
  sessionId,
});

const startEmpty = async ({ core }: Deps, principal: AccountPrincipal): Promise<void> => {
  for (const { id: channelId } of await subscriptionsOf(core, principal)) {
    await core.topics.member.leave({ channelId }, { principal });
  }
  await core.chat.place.skip({}, { principal });
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
