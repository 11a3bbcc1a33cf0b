import { randomUUID } from 'node:crypto';
import { Fault } from '@parley/contracts';
import type { AccountPrincipal, TraceHeaders } from '@parley/contracts';
import type { InboxSubscription } from '../inbox/inbox-subscription.js';
import type { PeerConnection } from '../peers/peers.js';
import type { ExecutedType, PrincipalOf, RequestId } from '../protocol/command.js';
import type { RequestKey } from '../protocol/rest-deps.js';
import type { StreamMember } from '../streams/member.js';

/** A connection, as its commands see it. */
export interface CommandConnection extends Omit<StreamMember, 'own'>, Omit<PeerConnection, 'own'> {
  /** Calls `release` when the connection closes; immediately if it is closed already. */
  own(room: { release(connection: CommandConnection): void }): void;
  readonly inbox: InboxSubscription | null;
  /** A client id for a message whose client gave none, so that the gateway may repeat the call. */
  nextClientId(): string;
  /** The client presented another access token of its session: the connection stays open until that expires. */
  renew(expiresInMs: number, name: string): void;
}

/** Who runs a command, and through what. */
export interface Caller<P = AccountPrincipal> {
  readonly principal: P;
  /** null: a REST request. */
  readonly connection: CommandConnection | null;
  readonly requestId: RequestId | undefined;
  /** The Idempotency-Key of a REST request. */
  readonly requestKey: RequestKey | null;
  /** Monotonic milliseconds. */
  readonly receivedAt: number;
  /** The trace of the command, where it has no async context: its calls pass it on. */
  readonly trace?: TraceHeaders | undefined;
}

export type CallerOf<T extends ExecutedType> = Caller<PrincipalOf<T>>;

/** The connection of a command that is about the connection itself. */
export const connectionOf = ({ connection }: Caller): CommandConnection => {
  if (connection) return connection;
  throw new Fault('invalid', 'connection_needed', 'This works on a socket only');
};

/** The key by which a service recognizes a creation that is repeated: by the bus, or by a client with an Idempotency-Key. */
export const creationKeyOf = ({ requestKey }: Caller): string => requestKey?.digest ?? randomUUID();
