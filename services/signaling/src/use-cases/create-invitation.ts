import { randomBytes } from 'node:crypto';
import { Fault, invitationLifeMs } from '@parley/contracts';
import { actorOf } from '../caller.js';
import type { Deps, OrganizationCall } from '../deps.js';
import { hashOfSecret } from '../invitation-secret.js';
import { ownOrganization } from './own-organization.js';

export const createInvitation =
  (deps: Deps): OrganizationCall<'invite'> =>
  async ({ reference, creationKey = null }, { principal }) => {
    const actor = actorOf(principal);
    const organization = await ownOrganization(deps, actor, reference);
    const secret = `inv_${randomBytes(24).toString('base64url')}`;
    const kept = await deps.organizations.invite(organization, {
      hash: hashOfSecret(secret),
      invitedBy: actor.accountId,
      lifeMs: invitationLifeMs,
      creationKey,
    });
    if (kept) return { secret, ...kept };
    throw new Fault('exhausted', 'too_many_invitations', 'This organization has too many unused invitations');
  };
