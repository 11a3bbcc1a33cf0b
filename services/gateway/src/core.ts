import type { Bus } from '@parley/bus';
import { auth, chat, signaling, topics } from '@parley/contracts';
import type { Auth, Chat, Client, Signaling, Topics } from '@parley/contracts';

/** The four services behind the gateway, as typed clients. */
export interface Core {
  readonly auth: Client<Auth>;
  readonly topics: Client<Topics>;
  readonly chat: Client<Chat>;
  readonly signaling: Client<Signaling>;
}

export const coreOver = (bus: Bus): Core => ({
  auth: bus.client(auth),
  topics: bus.client(topics),
  chat: bus.client(chat),
  signaling: bus.client(signaling),
});
