import type { Source, SourceOptions } from '../../records.js';
import { openPostgresAt, openTables } from '../opening.js';
import { usersOf } from '../users.js';
import { leasesOf } from './leases.js';
import { membersOf, organizationsOf } from './organizations.js';

/** The PostgreSQL database of the signaling server. */
export const openMesh = async ({ location, pageRowsMax = 1_000 }: SourceOptions): Promise<Source> => {
  const store = await openPostgresAt(location, { pageRowsMax });
  return openTables(store, {
    name: 'mesh',
    needed: {
      user: ['id', 'email', 'password'],
      organization: ['id', 'name', 'subnet'],
      organization_user: ['user_id', 'org_id'],
      virtual_ip_mapping: ['id', 'user_id', 'virtual_ip', 'org_id'],
    },
    first: 'select id, email from "user" order by id limit 1',
    readers: async () => [
      await usersOf(store, '"user"', { email: 'email', hash: 'password' }),
      await organizationsOf(store),
      await membersOf(store),
      await leasesOf(store),
    ],
  });
};
