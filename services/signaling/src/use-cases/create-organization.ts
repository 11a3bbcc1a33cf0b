import { parseSubnet } from '@parley/contracts';
import { actorOf } from '../caller.js';
import type { Deps, OrganizationCall } from '../deps.js';

export const createOrganization =
  ({ organizations }: Deps): OrganizationCall<'create'> =>
  async ({ name, subnet, open, creationKey }, { principal }) => {
    const { realm, accountId } = actorOf(principal);
    return organizations.create({
      realm,
      name,
      cidr: subnet,
      subnet: parseSubnet(subnet),
      createdBy: accountId,
      open,
      creationKey: creationKey ?? null,
    });
  };
