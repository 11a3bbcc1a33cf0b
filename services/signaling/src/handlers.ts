import { gatewayLapseMs, type Handlers, type Signaling } from '@parley/contracts';
import { assertSystem } from './caller.js';
import type { Deps } from './deps.js';
import { allocateAddress } from './use-cases/allocate-address.js';
import { createInvitation } from './use-cases/create-invitation.js';
import { createOrganization } from './use-cases/create-organization.js';
import { deleteOrganization } from './use-cases/delete-organization.js';
import { dropPeers } from './use-cases/drop-peers.js';
import { importOrganizations } from './use-cases/import-organizations.js';
import { joinOrganization } from './use-cases/join-organization.js';
import { listLeases } from './use-cases/list-leases.js';
import { listMembers } from './use-cases/list-members.js';
import { listOrganizations } from './use-cases/list-organizations.js';
import { listPeers } from './use-cases/list-peers.js';
import { registerPeer } from './use-cases/register-peer.js';
import { releaseAddress } from './use-cases/release-address.js';
import { removeMember } from './use-cases/remove-member.js';

export const handlers = (deps: Deps): Handlers<Signaling> => ({
  import: importOrganizations(deps),
  organization: {
    create: createOrganization(deps),
    list: listOrganizations(deps),
    invite: createInvitation(deps),
    removeMember: removeMember(deps),
    delete: deleteOrganization(deps),
    join: joinOrganization(deps),
    members: listMembers(deps),
  },
  lease: {
    allocate: allocateAddress(deps),
    list: listLeases(deps),
    release: releaseAddress(deps),
  },
  peer: {
    register: registerPeer(deps),
    heartbeat: async ({ gatewayId }, { principal }) => {
      assertSystem(principal);
      return deps.peers.heartbeat(gatewayId, gatewayLapseMs);
    },
    drop: dropPeers(deps),
    listByGateway: async ({ gatewayId, after, limit }, { principal }) => {
      assertSystem(principal);
      return deps.peers.listByGateway(gatewayId, after, limit);
    },
    list: listPeers(deps),
    versions: async ({ networkIds }, { principal }) => {
      assertSystem(principal);
      return deps.peers.versions(principal.realm, networkIds);
    },
  },
});
