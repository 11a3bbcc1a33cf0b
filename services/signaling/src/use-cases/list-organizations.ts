import { actorOf } from '../caller.js';
import type { Deps, OrganizationCall } from '../deps.js';

export const listOrganizations =
  ({ organizations }: Deps): OrganizationCall<'list'> =>
  async ({ after, limit }, { principal }) => {
    const { realm, accountId } = actorOf(principal);
    return organizations.listOf(realm, accountId, after, limit);
  };
