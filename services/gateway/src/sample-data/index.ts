import type { Log } from '@parley/runtime';
import { realmOf } from '../config.js';
import type { GatewayConfig } from '../config.js';
import type { Core } from '../core.js';
import { writeConversations } from './conversations.js';
import { writeRooms } from './rooms.js';

/**
 * What the READMEs of the old servers promise to be there: their sample users, with their published passwords, rooms and
 * conversations, written through the core's own calls. A second run changes nothing.
 */
export const writeSampleData = async (core: Core, gateway: GatewayConfig, log: Log): Promise<void> => {
  await writeRooms({ core, realm: realmOf(gateway, 'rooms'), dialect: 'rooms', log });
  await writeConversations({ core, realm: realmOf(gateway, 'conversations'), dialect: 'conversations', log });
};
