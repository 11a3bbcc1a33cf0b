import { z } from 'zod';
import { contract } from './contract.js';
import { AccountId, OrganizationId, ShortNumber, Timestamp } from './ids.js';
import { Network, Organization } from './model.js';
import { text } from './text.js';

const withNetworks = Organization.extend({ networks: z.array(Network) });

export const OrganizationReference = z.union([z.object({ id: OrganizationId }), z.object({ number: ShortNumber })]);

/** Organizations, their networks, and (from the mesh wire on) leases, peers and signals. Owner: services/signaling. */
export const signaling = contract('signaling', {
  organization: {
    /** Makes an organization with one network; the caller is its first member. `invalid` `bad_subnet`: IPv4, /8 to /32, host bits allowed. */
    create: { input: z.object({ name: text(1, 255), subnet: text(1, 64) }), output: withNetworks },
    /** The caller's own organizations, oldest first, after the number `after`. */
    list: {
      input: z.object({ after: z.int().min(0).default(0), limit: z.int().min(1).max(200).default(100) }),
      output: z.array(withNetworks),
      repeatable: true,
    },
    /** Makes the caller a member. `not_found` `organization_not_found`; `conflict` `already_member`. */
    join: { input: z.object({ reference: OrganizationReference }), output: withNetworks },
    /** Members by account id, for members only (`forbidden` `not_member`), after `after`. */
    members: {
      input: z.object({
        reference: OrganizationReference,
        after: AccountId.optional(),
        limit: z.int().min(1).max(500).default(500),
      }),
      output: z.array(z.object({ accountId: AccountId, joinedAt: Timestamp })),
      repeatable: true,
    },
  },
});
export type Signaling = typeof signaling;
