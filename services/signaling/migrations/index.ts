import type { Migrations } from '@parley/postgres';
import { organizations } from './0001_organizations.js';
import { leasesAndPeers } from './0002_peers.js';
import { invitations } from './0003_invitations.js';
import { invitationSecrets } from './0004_invitation-secrets.js';
import { creationKeys } from './0005_creation-keys.js';
import { changeLeases } from './0006_change-leases.js';
import { imports } from './0030_imports.js';

export const migrations: Migrations = {
  '0001_organizations': organizations,
  '0002_peers': leasesAndPeers,
  '0003_invitations': invitations,
  '0004_invitation-secrets': invitationSecrets,
  '0005_creation-keys': creationKeys,
  '0006_change-leases': changeLeases,
  '0030_imports': imports,
};
