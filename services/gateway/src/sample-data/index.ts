import type { Log } from '@parley/runtime';
import { realmOf } from '../config.js';
import type { GatewayConfig } from '../config.js';
import type { Core } from '../core.js';
import { writeConversations } from './conversations.js';
import { writeRooms } from './rooms.js';
import type { Place } from './users.js';

/**
 * What the READMEs of the old servers promise to be there: their sample users, with their published passwords, rooms and
 * conversations, written through the core's own calls. A second run changes nothing. Realms
 * that were imported stay as they are.
 */
export const writeSampleData = async (core: Core, gateway: GatewayConfig, log: Log): Promise<void> => {
  for (const [dialect, write] of [
    ['rooms', writeRooms],
    ['conversations', writeConversations],
  ] as const) {
    const place = { core, realm: realmOf(gateway, dialect), dialect, log };
    if (!(await isImported(place))) await write(place);
  }
};

/** Accounts with published passwords are not added to those of an old server. */
const isImported = async ({ core, realm, log }: Place): Promise<boolean> => {
  const system = { principal: { kind: 'system', realm, service: 'sample-data' } } as const;
  const imported = await core.auth.import.find({}, system);
  if (imported) log.info({ realm }, 'This realm was imported, and gets no sample data');
  return imported !== null;
};
