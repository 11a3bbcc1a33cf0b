import type { Source, SourceName, SourceOptions } from '../records.js';
import { openConversations } from './conversations/conversations-source.js';
import { openFluent } from './fluent/fluent-source.js';
import { openMesh } from './mesh/mesh-source.js';
import { openRooms } from './rooms/rooms-source.js';
import { openSwifty } from './swifty/swifty-source.js';

const openers: Readonly<Record<SourceName, (options: SourceOptions) => Promise<Source>>> = {
  rooms: openRooms,
  mesh: openMesh,
  fluent: openFluent,
  conversations: openConversations,
  swifty: openSwifty,
};

/** Opens the store of an old server for reading. Throws `SourceError` when it is not one. The caller disposes of it. */
export const openSource = (name: SourceName, options: SourceOptions): Promise<Source> => openers[name](options);
