import { AgentId, bounded, Email, Host, OrganizationName, Password, Port } from '@parley/contracts';
import type { Lease, Peer as CorePeer } from '@parley/contracts';
import { z } from 'zod';
import { documentedAs } from '../../protocol/documents.js';
import { WholeNumber } from '../shared/whole-number.js';

const orgId = documentedAs(bounded(64).regex(/^-?\d{1,20}$/, 'Input should be a valid integer'), { type: 'integer' });

/** Requests of this dialect. */
export const Credentials = z.object({ email: Email, password: Password });
/** The signaling service validates the subnet. */
export const NewOrganization = z.object({
  name: OrganizationName,
  subnet: z.string().max(1_000),
  /** Parley's own: whether anybody who knows its number may join. */
  open: z.boolean().optional(),
});
/** Parley's own: the secret of an invitation, for an organization that is not open. */
export const Join = z.object({ invitation: bounded(128).optional() }).nullish();
export const MemberPath = z.object({ org_id: orgId, user_id: orgId });
export const AddressPath = z.object({ org_id: orgId, virtual_ip: bounded(15).check(z.ipv4()) });
export const OrganizationPath = z.object({ org_id: orgId });
/** `{}`, `null`, no body, or the own id; 0 is the caller. */
export const AllocateBody = z.object({ user_id: WholeNumber.nullish() }).nullish();

/** Responses of this dialect. */
export const User = z.object({ id: z.int(), email: z.string() });
export const Token = z.object({ access_token: z.string(), token_type: z.literal('bearer') });
export const Organization = z.object({ id: z.int(), name: z.string(), subnet: z.string() });
export const Status = z.object({ status: z.literal('joined') });
export const Invited = z.object({ status: z.literal('invited'), invitation: z.string(), expires_at: z.string() });
export const Ended = z.object({ status: z.enum(['left', 'removed', 'released', 'deleted']) });
export const Member = z.object({ user_id: z.int(), email: z.string().nullable() });
export const Address = z.object({ user_id: z.int(), virtual_ip: z.string() });
export const Allocated = z.object({ user_id: z.int(), org_id: z.int(), virtual_ip: z.string() });
export const Detail = z.object({ detail: z.string() });

/** The registration of an agent. Ports may be digits as text, as the old server accepted them; null and empty mean none. */
const port = z.preprocess(
  (value) => (typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value),
  Port,
);
const optional = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (value === undefined || value === '' || value === 0 ? null : value), schema.nullable());
export const Register = z.object({
  agent_id: optional(AgentId),
  public_ip: Host,
  public_port: port,
  relay_ip: optional(Host),
  relay_port: optional(port),
});

export const toAddress = ({ accountNumber, address }: Lease): z.output<typeof Address> => ({
  user_id: accountNumber,
  virtual_ip: address,
});

/** A peer as other peers see it: always all nine keys. */
export const toPeer = (peer: CorePeer) => ({
  peer_id: peer.label,
  user_id: peer.account.number,
  email: peer.email,
  agent_id: peer.agentId,
  public_ip: peer.publicAddress,
  public_port: peer.publicPort,
  relay_ip: peer.relayAddress,
  relay_port: peer.relayPort,
  virtual_ip: peer.address,
});
