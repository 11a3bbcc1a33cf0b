import { randomUUID } from 'node:crypto';
import { isFault, SessionId } from '@parley/contracts';
import type { Account, AccountPrincipal, Realm } from '@parley/contracts';
import type { Core } from '@parley/gateway';
import type { Log } from '@parley/runtime';

// What the READMEs of the old servers promise to be there: their sample users, with their published passwords, and rooms.

const users = [
  { username: 'admin', password: 'admin123' },
  { username: 'user1', password: 'password123' },
  { username: 'user2', password: 'password123' },
];
const rooms = ['General', 'Random', 'Tech Talk'];

/** Writes the sample data of the rooms wire through the core's own calls. A second run changes nothing. */
export const writeSampleData = async (core: Core, realm: Realm, log: Log): Promise<void> => {
  const anonymous = { kind: 'anonymous', realm, dialect: 'rooms' } as const;
  const taken: string[] = [];
  for (const { username, password } of users) {
    await core.auth.account
      .register({ kind: 'person', username, password }, { principal: anonymous })
      .catch((error: unknown) => {
        if (!isFault(error) || error.reason !== 'username_taken') throw error;
        taken.push(username);
      });
  }
  const owner = await core.auth.account.find({ reference: { username: 'admin' } }, { principal: anonymous });
  if (owner) await writeRooms(core, asPrincipal(owner));
  if (taken.length > 0 && taken.length < users.length) {
    log.warn({ realm, taken }, 'Some sample users were there already and stay as they are');
  }
};

const writeRooms = async (core: Core, principal: AccountPrincipal): Promise<void> => {
  const { channels } = await core.topics.channel.list({ kinds: ['room'], limit: 1 }, { principal });
  if (channels.length > 0) return;
  // One after the other: their numbers are 1, 2 and 3, as the old clients know them.
  for (const title of rooms) await core.topics.channel.create({ kind: 'room', title }, { principal });
};

const asPrincipal = ({ id, realm, number, handle, name }: Account): AccountPrincipal => ({
  kind: 'account',
  realm,
  dialect: 'rooms',
  accountId: id,
  number,
  handle,
  name,
  sessionId: SessionId.parse(randomUUID()),
});
