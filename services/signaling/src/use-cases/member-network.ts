import { notFound, type AccountPrincipal, type Network } from '@parley/contracts';
import { notMember } from '../caller.js';
import type { Deps } from '../deps.js';
import type { Reference } from '../store/organizations.js';

/** The network of an organization that the caller is a member of. An organization has one. */
export const memberNetwork = async (
  { organizations }: Pick<Deps, 'organizations'>,
  { realm, accountId }: AccountPrincipal,
  reference: Reference,
): Promise<Network> => {
  const organization = await organizations.find(realm, reference);
  if (organization === null) throw notFound('organization');
  if (!(await organizations.isMember(organization.id, accountId))) throw notMember();
  const [network] = organization.networks;
  if (!network) throw new Error(`Organization ${organization.id} has no network`);
  return network;
};
