import { z } from 'zod';

/** Who is told: everybody who listens to a channel, an account's own sessions, a network, or every gateway of a realm. */
export const Scope = z.object({ kind: z.enum(['channel', 'account', 'network', 'session']), id: z.uuid() });
export type Scope = z.infer<typeof Scope>;

export const scopeKey = (scope: Scope): string => `${scope.kind}.${scope.id}`;

// The only file in which a subject is spelled. Ids are uuids that a server made (Scope parses them), so no part of a
// subject is text that a client chose.

/** `rpc.chat.message.send`; the group without the verb is where NATS's services API puts its endpoints. */
export const callGroup = (service: string, noun: string): string => `rpc.${service}.${noun}`;
export const callSubject = (service: string, noun: string, verb: string): string =>
  `${callGroup(service, noun)}.${verb}`;

/**
 * Where the processes that serve `service` say that they are connected: without an id each of them answers with its own id, with an id
 * that one alone, so that NATS reports "no responders" once its connection is gone.
 */
export const livenessSubject = (service: string, instanceId?: string): string =>
  instanceId === undefined ? `rpc.${service}.alive` : `rpc.${service}.alive.${instanceId}`;

/** Where a process that serves `service` says that it came (`joined`) and that it left with all its answers given (`left`). */
export const instancesSubject = (service: string): string => `rpc.${service}.instances`;

/** `evt.message.created.channel.<id>` */
export const eventSubject = (eventName: string, scope: Scope): string => `evt.${eventName}.${scopeKey(scope)}`;
/** Every fact told to one scope. */
export const everyEventOf = (scope: Scope): string => `evt.*.*.${scopeKey(scope)}`;
/** One fact, whatever its scope is of that kind. */
export const everyScopeOf = (eventName: string, kind: Scope['kind']): string => `evt.${eventName}.${kind}.*`;

/** Where the answers to a user's calls arrive; each connection adds a part that nobody can guess. */
export const inboxPrefix = (user: string): string => `_INBOX.${user}`;
