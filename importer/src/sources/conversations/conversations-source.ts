import type { Source, SourceOptions } from '../../records.js';
import { openPostgresAt, openTables } from '../opening.js';
import { usersOf } from '../users.js';
import { conversationsOf } from './channels.js';
import { participantsOf } from './members.js';
import { messagesOf } from './messages.js';

/** The PostgreSQL database of the conversations backend. Posts, events, groups and friendships are not moved. */
export const openConversations = async ({
  location,
  timeZone,
  pageRowsMax = 1_000,
}: SourceOptions): Promise<Source> => {
  const store = await openPostgresAt(location, { timeZone, pageRowsMax });
  const names = {
    username: 'username',
    email: 'email',
    firstName: 'first_name',
    lastName: 'last_name',
    hash: 'hashed_password',
    active: 'is_active',
    createdAt: 'created_at',
  };
  return openTables(store, {
    name: 'conversations',
    needed: {
      user: ['id', 'email', 'username', 'hashed_password', 'role', 'is_active'],
      conversation: ['id', 'title', 'created_at'],
      conversation_participants: ['id', 'user_id', 'conversation_id', 'joined_at'],
      message: ['id', 'content', 'sender_id', 'conversation_id', 'created_at'],
    },
    first: 'select id, username, email from "user" order by id limit 1',
    readers: async () => [
      await usersOf(store, '"user"', names, {
        columns: `, u.role::text as role`,
        convert: ({ role }) => (role === 'ADMIN' ? 'An administrator, who is a user like the others now' : null),
      }),
      await conversationsOf(store),
      await participantsOf(store),
      await messagesOf(store),
    ],
  });
};
