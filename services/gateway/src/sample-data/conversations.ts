import { randomUUID } from 'node:crypto';
import { isFault } from '@parley/contracts';
import type { AccountPrincipal, ChannelId } from '@parley/contracts';
import { registerUsers, userNamed } from './users.js';
import type { Place } from './users.js';

// What the README of the conversations wire promises to be there, and the others whom its server made.
const password = 'TestPassword123';
const users = [
  { username: 'testuser', password, firstName: 'Test', lastName: 'User' },
  { username: 'testuser2', password, firstName: 'Test2', lastName: 'User2' },
  { username: 'admin', password: 'AdminPassword123', firstName: 'Admin', lastName: 'User' },
  { username: 'alice', password, firstName: 'Alice', lastName: 'Johnson' },
  { username: 'bob', password, firstName: 'Bob', lastName: 'Smith' },
  { username: 'charlie', password, firstName: 'Charlie', lastName: 'Brown' },
].map((user) => ({ ...user, email: `${user.username}@example.com` }));

const conversations = [
  {
    title: 'Roommate Chat',
    messages: [
      ['testuser', 'Hi! When will you be back?'],
      ['testuser2', 'In about an hour. Do you need anything?'],
    ],
  },
  {
    title: 'Study Group',
    messages: [
      ['admin', 'Shall we meet in the library at six?'],
      ['testuser', 'Fine, I will be there.'],
      ['testuser2', 'Me too!'],
    ],
  },
] as const;

type Conversation = (typeof conversations)[number];

export const writeConversations = async (place: Place): Promise<void> => {
  await registerUsers(users, place);
  // One after the other: their numbers are 1 and 2, as the old clients know them.
  for (const conversation of conversations) await write(conversation, place);
};

const write = async ({ title, messages }: Conversation, place: Place): Promise<void> => {
  const { core, realm } = place;
  const speakers = new Map<string, AccountPrincipal>();
  for (const name of ['testuser', ...messages.map(([speaker]) => speaker)]) {
    const speaker = await userNamed(name, place);
    if (!speaker) return;
    speakers.set(name, speaker);
  }
  const channelId = (await existing(title, place)) ?? (await create(title, [...speakers.values()], place));
  // Killed half way last time: the messages have client ids, so none is written twice.
  const system = { kind: 'system', realm, service: 'sample-data' } as const;
  const { channels } = await core.chat.channel.heads({ channelIds: [channelId] }, { principal: system });
  if ((channels[0]?.head ?? 0) >= messages.length) return;
  for (const [index, [name, text]] of messages.entries()) {
    const principal = speakers.get(name);
    if (!principal) continue;
    const message = {
      target: { channelId },
      clientId: `sample-${index + 1}`,
      content: { type: 'text', text },
    } as const;
    try {
      await core.chat.message.send(message, { principal });
    } catch (error) {
      // A conversation of another user with that title, or one that its participants left: it stays as it is.
      if (isFault(error) && error.code === 'forbidden') return;
      throw error;
    }
  }
};

const existing = async (title: string, { core, realm }: Place): Promise<ChannelId | null> => {
  const principal = { kind: 'system', realm, service: 'sample-data' } as const;
  try {
    return (await core.topics.channel.get({ reference: { title, kind: 'group' } }, { principal })).id;
  } catch (error) {
    if (isFault(error) && error.code === 'not_found') return null;
    throw error;
  }
};

const create = async (title: string, members: readonly AccountPrincipal[], { core }: Place): Promise<ChannelId> => {
  const [owner] = members;
  if (!owner) throw new Error('A conversation has participants');
  const memberIds = members.map(({ accountId }) => accountId);
  const creationKey = randomUUID();
  return (await core.topics.channel.create({ kind: 'group', title, memberIds, creationKey }, { principal: owner })).id;
};
