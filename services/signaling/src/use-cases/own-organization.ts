import { Fault, notFound, type AccountPrincipal, type Network } from '@parley/contracts';
import { notMember } from '../caller.js';
import type { Deps } from '../deps.js';
import type { Reference, WithNetworks } from '../store/organizations.js';

/** The organization, if the caller is a member of it; otherwise a fault. */
export const ownOrganization = async (
  { organizations }: Pick<Deps, 'organizations'>,
  { realm, accountId }: AccountPrincipal,
  reference: Reference,
): Promise<WithNetworks> => {
  const found = await organizations.findFor(realm, reference, accountId);
  if (found === null) throw notFound('organization');
  if (!found.isMember) throw notMember();
  return found.organization;
};

/** The network of the caller's organization: each has exactly one. */
export const memberNetwork = async (
  deps: Pick<Deps, 'organizations'>,
  actor: AccountPrincipal,
  reference: Reference,
): Promise<Network> => {
  return networkOf(await ownOrganization(deps, actor, reference));
};

export const networkOf = (organization: WithNetworks): Network => {
  const [network] = organization.networks;
  if (!network) throw new Error(`Organization ${organization.id} has no network`);
  return network;
};

export const assertOwner = async (
  { organizations }: Pick<Deps, 'organizations'>,
  { id }: WithNetworks,
  { accountId }: AccountPrincipal,
): Promise<void> => {
  if ((await organizations.ownerOf(id)) === accountId) return;
  throw new Fault('forbidden', 'not_owner', 'Only the owner of this organization may do that');
};
