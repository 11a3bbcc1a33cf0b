import type { Core } from '../core.js';

type Auth = Core['auth'];
type Topics = Core['topics'];
type Chat = Core['chat'];
type Signaling = Core['signaling'];

type Reading = 'get' | 'versions' | 'reactions' | 'thread' | 'pins' | 'mentions' | 'list';

/** The calls of the services that change nothing. What changes something is a command. */
export interface Queries {
  readonly auth: {
    readonly account: Pick<Auth['account'], 'find' | 'lookup' | 'contacts' | 'me' | 'search'>;
    readonly session: Pick<Auth['session'], 'list'>;
  };
  readonly topics: {
    readonly channel: Omit<Topics['channel'], 'create' | 'rename' | 'close' | 'openDirect'>;
    readonly member: Omit<Topics['member'], 'join' | 'leave' | 'add' | 'remove' | 'setRole'>;
  };
  readonly chat: Omit<Chat, 'message' | 'receipt'> & {
    readonly message: Pick<Chat['message'], Reading>;
    readonly receipt: Pick<Chat['receipt'], 'list'>;
  };
  readonly signaling: {
    readonly organization: Pick<Signaling['organization'], 'list' | 'members'>;
    readonly lease: Pick<Signaling['lease'], 'list'>;
  };
}
