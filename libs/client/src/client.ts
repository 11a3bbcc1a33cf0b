import type { ClientOptions } from './client-options.js';
import { Registry } from './objects/registry.js';
import type { ChannelList, LiveChannel, Preferences, Presence } from './objects/types.js';
import type { Abortable } from './observable.js';
import { StreamClient } from './stream-client.js';

/** A client with live objects: channels with messages, members, receipts and presence, besides the streams below them. */
export class ParleyClient extends StreamClient {
  readonly #objects: Registry;

  constructor(options: ClientOptions) {
    let objects: Registry | undefined;
    super(options, (hub) => (objects = new Registry(hub)));
    this.#objects = objects as unknown as Registry;
  }

  /** The object of a channel: the same one as long as it is held or used. */
  channel(id: string): LiveChannel {
    return this.#objects.channel(id);
  }

  /** The object of the direct channel with an account, which is created when it does not exist. */
  async direct(accountId: string, options?: Abortable): Promise<LiveChannel> {
    return this.channel((await this.rest.openDirect(accountId, options)).id);
  }

  /** The channels of the account. */
  get channels(): ChannelList {
    return this.#objects.channels;
  }

  /** Who is here. */
  get presence(): Presence {
    return this.#objects.presence;
  }

  /** The choices of the account. */
  get preferences(): Preferences {
    return this.#objects.preferences;
  }
}
