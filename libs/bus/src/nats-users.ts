import {
  type BusUser,
  type BusUserName,
  answersOf,
  auth,
  busUserNames,
  busUsers,
  callSubject,
  chat,
  inboxPrefix,
  instancesSubject,
  livenessSubject,
  signaling,
  topics,
} from '@parley/contracts';
import type { Contract } from '@parley/contracts';
import { formerSubject } from './former-names.js';

/** The permissions of one user in the form of nats-server. */
export interface NatsPermissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

const eventSubject = (route: string): string => {
  const [name, kind] = route.split('@');
  return `evt.${name === '*' ? '*.*' : name}.${kind}.*`;
};

const livenessSubjects = (service: string): string[] => [livenessSubject(service), livenessSubject(service, '*')];

/** Subjects of NATS's services API for monitoring. Each verb is listed: `$SRV.*` would permit a subscription to `$SRV.>`. */
const monitoringOf = (service: string): string[] =>
  ['PING', 'INFO', 'STATS'].flatMap((verb) => [`$SRV.${verb}`, `$SRV.${verb}.${service}`, `$SRV.${verb}.${service}.*`]);

/** Subject of each renamed operation → its subject in the previous release, which a caller may still need. */
const formerSubjects = new Map<string, string>(
  [auth, topics, chat, signaling].flatMap(({ service, nouns }: Contract) =>
    Object.entries(nouns).flatMap(([noun, verbs]) =>
      Object.entries(verbs).flatMap(([verb, { former }]): [string, string][] => {
        const subject = formerSubject(service, former);
        return subject === undefined ? [] : [[callSubject(service, noun, verb), subject]];
      }),
    ),
  ),
);

const callSubjectsOf = (operation: string): string[] => {
  const subject = `rpc.${operation}`;
  const former = formerSubjects.get(subject);
  return former === undefined ? [subject] : [subject, former];
};

export const natsPermissionsOf = (name: BusUserName): NatsPermissions => {
  const { serves, calls, systemCalls, publishes, consumes, sharesEvents }: BusUser = busUsers[name];
  const queue = sharesEvents ? ` ${name}` : '';
  const operations = [...new Set<string>([...calls, ...systemCalls])].sort();
  const called = [...new Set(operations.map((operation) => operation.split('.', 1)[0] ?? ''))];
  return {
    publish: [
      ...operations.flatMap(callSubjectsOf),
      ...called.flatMap(livenessSubjects),
      ...(serves === null ? [] : [instancesSubject(serves), ...answersOf(serves)]),
      ...publishes.map(eventSubject),
    ],
    subscribe: [
      `${inboxPrefix(name)}.>`,
      ...called.map(instancesSubject),
      ...(serves === null
        ? []
        : [`rpc.${serves}.> ${serves}`, ...livenessSubjects(serves), ...monitoringOf(`parley-${serves}`)]),
      ...consumes.map((route) => `${eventSubject(route)}${queue}`),
    ],
  };
};

const passwordVariable = (name: string): string => `${name.replaceAll('-', '_')}_password`;
const list = (subjects: readonly string[]): string => subjects.map((subject) => `\n          "${subject}"`).join('');

const userBlock = (name: BusUserName): string => {
  const { publish, subscribe } = natsPermissionsOf(name);
  return `    {
      user: "${name}"
      password: $${passwordVariable(name)}
      permissions: {
        publish: { allow: [${list(publish)}
        ] }
        subscribe: { allow: [${list(subscribe)}
        ] }
      }
    }`;
};

/**
 * The `authorization` block of nats-server for all users of the bus. Each password is a variable, which a file made by `natsPasswordsFile`
 * defines; that file is included before this one. `unrestricted` names users with all permissions, for tests.
 */
export const natsUsersFile = (unrestricted: readonly string[] = []): string => {
  const all = unrestricted.map((name) => `    { user: "${name}", password: $${passwordVariable(name)} }`);
  return `authorization {
  # A server or a service that is busy may take a while.
  timeout: 5
  users: [
${[...busUserNames.map(userBlock), ...all].join('\n')}
  ]
}
`;
};

/** Defines the variables of `natsUsersFile`. Passwords are printable ASCII without quotes and backslashes. */
export const natsPasswordsFile = (passwords: Readonly<Record<string, string>>): string =>
  Object.entries(passwords)
    .map(([name, password]) => `${passwordVariable(name)}: "${password}"\n`)
    .join('');
