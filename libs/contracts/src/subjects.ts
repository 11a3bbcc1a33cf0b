import { z } from 'zod';

/** The scope of an event: a channel, an account, a network or a session. */
export const Scope = z.object({ kind: z.enum(['channel', 'account', 'network', 'session']), id: z.uuid() });
export type Scope = z.infer<typeof Scope>;

export const scopeKey = (scope: Scope): string => `${scope.kind}.${scope.id}`;

// The only file that builds subjects. Ids are UUIDs that a server made (Scope parses them), so no part of a subject is text that a client
// chose.

/** `rpc.chat.message.send`; the group without the verb is where NATS's services API puts its endpoints. */
export const callGroup = (service: string, noun: string): string => `rpc.${service}.${noun}`;
export const callSubject = (service: string, noun: string, verb: string): string =>
  `${callGroup(service, noun)}.${verb}`;

/**
 * Where the processes that serve `service` confirm that they are connected: on the subject without an id each of them answers with its own
 * id; the subject with an id belongs to one process, so that NATS reports "no responders" once its connection is gone.
 */
export const livenessSubject = (service: string, instanceId?: string): string =>
  instanceId === undefined ? `rpc.${service}.alive` : `rpc.${service}.alive.${instanceId}`;

/** Where a process that serves `service` announces that it started (`joined`), and that it left after all its answers (`left`). */
export const instancesSubject = (service: string): string => `rpc.${service}.instances`;

/** `evt.message.created.channel.<id>` */
export const eventSubject = (eventName: string, scope: Scope): string => `evt.${eventName}.${scopeKey(scope)}`;
/** Whether an event of this name was published with this subject. */
export const isEventSubject = (subject: string, eventName: string): boolean => subject.startsWith(`evt.${eventName}.`);
/** All events of one scope. */
export const everyEventOf = (scope: Scope): string => `evt.*.*.${scopeKey(scope)}`;
/** One event, for all scopes of a kind. */
export const everyScopeOf = (eventName: string, kind: Scope['kind']): string => `evt.${eventName}.${kind}.*`;

/** What begins the subjects of the answers to a user's calls, and of no other message. */
export const inboxPrefix = (user: string): string => `_INBOX.${user}`;
/**
 * Under which a call is answered, up to its token. `connection`: unguessable. The name of the service lets nats-server permit each service to
 * answer for itself only, without remembering the calls.
 */
export const answerPrefix = (user: string, service: string, connection: string): string =>
  `${inboxPrefix(user)}.${service}.${connection}.`;
/** All subjects under which a service answers: those of `answerPrefix`, and the inboxes of 0.1.0 and of the tools of NATS. */
export const answersOf = (service: string): string[] => [`_INBOX.*.${service}.*.*`, '_INBOX.*.*'];
/** Whether the subject is that of a call of the service. */
export const isCallOf = (service: string, subject: string): boolean => subject.startsWith(`rpc.${service}.`);
