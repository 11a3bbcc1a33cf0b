import type { Handlers, Signaling } from '@parley/contracts';
import type { Deps } from './deps.js';
import { createOrganization } from './use-cases/create-organization.js';
import { joinOrganization } from './use-cases/join-organization.js';
import { listMembers } from './use-cases/list-members.js';
import { listOrganizations } from './use-cases/list-organizations.js';

export const handlers = (deps: Deps): Handlers<Signaling> => ({
  organization: {
    create: createOrganization(deps),
    list: listOrganizations(deps),
    join: joinOrganization(deps),
    members: listMembers(deps),
  },
});
