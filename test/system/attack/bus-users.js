// Raw connections to the stack's NATS: as a user of the bus with its own password, and as the one that may do everything and sees what arrived.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { acceptsPrincipal, auth, busUsers, callSubject, chat, inboxPrefix, signaling, topics } from '@parley/contracts';
import { Events, connect, headers as natsHeaders } from 'nats';

export const services = { auth, topics, chat, signaling };

/** Every operation of every service: `auth.account.me`. */
export const operations = Object.values(services).flatMap(({ service, nouns }) =>
  Object.entries(nouns).flatMap(([noun, verbs]) => Object.keys(verbs).map((verb) => `${service}.${noun}.${verb}`)),
);
export const subjectOf = (operation) => callSubject(...operation.split('.'));

export const credentialsOf = (url) => {
  const { username, password, host } = new URL(url);
  return { servers: host, user: username, pass: password };
};

/** Connects as a user of the bus that keeps to none of Parley's rules. `refused`: subjects that the server did not let it publish to. */
export const rawUser = async (stack, user) => {
  const nc = await connect({
    ...credentialsOf(stack.nats.urlOf(user)),
    reconnect: false,
    inboxPrefix: inboxPrefix(user),
  });
  const refused = [];
  void (async () => {
    for await (const { type, permissionContext } of nc.status())
      if (type === Events.Error && permissionContext?.operation === 'publish') refused.push(permissionContext.subject);
  })();
  return {
    user,
    nc,
    /** After everything that the server has said about what was sent so far. */
    async refused() {
      await nc.flush();
      await new Promise(setImmediate);
      return refused;
    },
  };
};

/** Sees every message of the bus; `arrived` keeps what `isOurs` recognizes by subject, text and headers. */
export const watchBus = async (stack, isOurs) => {
  const nc = await connect({ ...credentialsOf(stack.nats.url), reconnect: false });
  const arrived = [];
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
    /** What was sent by others and acknowledged to them before this is called is in it. */
    async arrived() {
      await nc.flush();
      return arrived;
    },
    stop: () => nc.close(),
  };
};

/** Headers of a call in the name of `principal`. */
export const callHeaders = (principal, mark) => {
  const made = natsHeaders();
  made.set('X-Parley-Principal', JSON.stringify(principal));
  made.set('X-Parley-Time-Left', '5000');
  if (mark) made.set('X-Attack', mark);
  return made;
};
export const systemOf = (service, realm = 'main') => ({ kind: 'system', realm, service });

/** Calls that a user may make, each with a service in whose name nobody calls it. */
export const borrowedNames = (user) => {
  const { calls, systemCalls } = busUsers[user];
  return [...new Set([...calls, ...systemCalls])].flatMap((operation) =>
    [...Object.keys(busUsers), 'root']
      .filter((name) => !acceptsPrincipal(operation, systemOf(name)))
      .map((name) => ({ operation, name })),
  );
};

/** How many lines of the logs of all processes of these services hold all these texts. */
export const logged = (stack, prefix, ...texts) =>
  readdirSync(stack.logFolder)
    .filter((name) => name.startsWith(prefix))
    .flatMap((name) => readFileSync(join(stack.logFolder, name), 'utf8').split('\n'))
    .filter((line) => texts.every((text) => line.includes(text))).length;
