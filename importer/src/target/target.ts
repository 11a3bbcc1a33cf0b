import type { Bus } from '@parley/bus';
import {
  type Client,
  type Auth,
  type Chat,
  type Signaling,
  type Topics,
  auth,
  chat,
  signaling,
  topics,
} from '@parley/contracts';

/** The owners of data, as the importer calls them. */
export interface Owners {
  readonly auth: Client<Auth>;
  readonly topics: Client<Topics>;
  readonly chat: Client<Chat>;
  readonly signaling: Client<Signaling>;
}

/** Where an import goes: a running stack, or the data folder of a standalone that does not run. */
export interface Target extends AsyncDisposable {
  /** For people: `the stack at nats://…` or `the folder …`. */
  readonly name: string;
  readonly owners: Owners;
}

export const ownersOver = (bus: Pick<Bus, 'client'>): Owners => ({
  auth: bus.client(auth),
  topics: bus.client(topics),
  chat: bus.client(chat),
  signaling: bus.client(signaling),
});
