// Raw connections to the stack's NATS: as a user of the bus with its own password, and as the one that may do everything and sees what arrived.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import {
  acceptsPrincipal,
  auth,
  type BusUser,
  type BusUserName,
  busUserNames,
  busUsers,
  callSubject,
  chat,
  inboxPrefix,
  type Principal,
  signaling,
  type SystemPrincipal,
  topics,
} from '@parley/contracts';
import type { Stack } from '@parley/testing';
import { connect, Events, headers as natsHeaders, type MsgHdrs, type Msg, type NatsConnection } from 'nats';

export const services = { auth, topics, chat, signaling };

/** The permissions of a user. */
export const permissionsOf = (user: BusUserName): BusUser => busUsers[user];

/** Every operation of every service: `auth.account.me`. */
export const operations = Object.values(services).flatMap(({ service, nouns }) =>
  Object.entries(nouns).flatMap(([noun, verbs]) => Object.keys(verbs).map((verb) => `${service}.${noun}.${verb}`)),
);
export const subjectOf = (operation: string): string => {
  const [service = '', noun = '', verb = ''] = operation.split('.');
  return callSubject(service, noun, verb);
};

export const credentialsOf = (url: string): { servers: string; user: string; pass: string } => {
  const { username, password, host } = new URL(url);
  return { servers: host, user: username, pass: password };
};

export interface RawUser {
  readonly user: BusUserName;
  readonly nc: NatsConnection;
  /** Subjects that the server did not let it publish to, of everything that was sent so far. */
  refused(): Promise<readonly string[]>;
}

/** Connects as a user of the bus that keeps to none of Parley's rules. */
export const rawUser = async ({ nats }: Stack, user: BusUserName): Promise<RawUser> => {
  const nc = await connect({ ...credentialsOf(nats.urlOf(user)), reconnect: false, inboxPrefix: inboxPrefix(user) });
  const refused: string[] = [];
  void (async () => {
    for await (const { type, permissionContext } of nc.status())
      if (type === Events.Error && permissionContext?.operation === 'publish') refused.push(permissionContext.subject);
  })();
  return {
    user,
    nc,
    async refused() {
      await nc.flush();
      await setImmediate();
      return refused;
    },
  };
};

/** A message of the bus as an attack recognizes it. */
export interface SeenMessage {
  readonly subject: string;
  readonly reply: string | undefined;
  readonly text: string;
  readonly headers: MsgHdrs | undefined;
}

export interface BusWatch {
  /** The recognized messages; complete for what was sent and acknowledged before the call. */
  arrived(): Promise<readonly Msg[]>;
  stop(): Promise<void>;
}

/** Sees every message of the bus and keeps those that `isOurs` recognizes. */
export const watchBus = async ({ nats }: Stack, isOurs: (message: SeenMessage) => boolean): Promise<BusWatch> => {
  const nc = await connect({ ...credentialsOf(nats.url), reconnect: false });
  const arrived: Msg[] = [];
  for (const subject of ['rpc.>', 'evt.>', '_INBOX.>'])
    nc.subscribe(subject, {
      callback(_error, message) {
        const text = Buffer.from(message.data).toString();
        if (isOurs({ subject: message.subject, reply: message.reply, text, headers: message.headers }))
          arrived.push(message);
      },
    });
  await nc.flush();
  return {
    async arrived() {
      await nc.flush();
      return arrived;
    },
    stop: () => nc.close(),
  };
};

/** Headers of a call in the name of `principal`. */
export const callHeaders = (principal: Principal, mark?: string): MsgHdrs => {
  const made = natsHeaders();
  made.set('X-Parley-Principal', JSON.stringify(principal));
  made.set('X-Parley-Time-Left', '5000');
  if (mark !== undefined) made.set('X-Attack', mark);
  return made;
};
export const systemOf = (service: string, realm = 'main'): SystemPrincipal => ({ kind: 'system', realm, service });

/** The operations that a user may call. */
export const callsOf = (user: BusUserName): string[] => {
  const { calls, systemCalls } = permissionsOf(user);
  return [...new Set([...calls, ...systemCalls])];
};

/** Calls that a user may make, each with a service that never calls it. */
export const borrowedNames = (user: BusUserName): { operation: string; name: string }[] =>
  callsOf(user).flatMap((operation) =>
    [...busUserNames, 'root']
      .filter((name) => !acceptsPrincipal(operation, systemOf(name)))
      .map((name) => ({ operation, name })),
  );

/** How many lines of the logs of all processes of these services hold all these texts. */
export const logged = ({ logFolder }: Stack, prefix: string, ...texts: readonly string[]): number =>
  readdirSync(logFolder)
    .filter((name) => name.startsWith(prefix))
    .flatMap((name) => readFileSync(join(logFolder, name), 'utf8').split('\n'))
    .filter((line) => texts.every((text) => line.includes(text))).length;
