import { actorOf } from '../caller.js';
import type { Deps, OrganizationCall } from '../deps.js';
import { parseSubnet } from '../domain/subnet.js';

export const createOrganization =
  ({ organizations }: Deps): OrganizationCall<'create'> =>
  async ({ name, subnet, open }, { principal }) => {
    const { realm, accountId } = actorOf(principal);
    const draft = { realm, name, cidr: subnet, subnet: parseSubnet(subnet), createdBy: accountId, open };
    return organizations.create(draft);
  };
