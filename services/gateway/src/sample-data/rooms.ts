import { randomUUID } from 'node:crypto';
import { registerUsers, userNamed } from './users.js';
import type { Place } from './users.js';

// What the README of the rooms wire promises to be there.
const users = [
  { username: 'admin', password: 'admin123' },
  { username: 'user1', password: 'password123' },
  { username: 'user2', password: 'password123' },
];
const rooms = ['General', 'Random', 'Tech Talk'];

export const writeRooms = async (place: Place): Promise<void> => {
  await registerUsers(users, place);
  const owner = await userNamed('admin', place);
  if (!owner) return;
  const { channel } = place.core.topics;
  const { channels } = await channel.list({ kinds: ['room'], limit: 1 }, { principal: owner });
  if (channels.length > 0) return;
  // One after the other: their numbers are 1, 2 and 3, as the old clients know them.
  for (const title of rooms)
    await channel.create({ kind: 'room', title, creationKey: randomUUID() }, { principal: owner });
};
