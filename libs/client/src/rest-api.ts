import { Gateways } from './gateways.js';
import { isParleyError } from './parley-error.js';
import type { Schemas } from './protocol.js';
import { grantFields, restRequest } from './rest-request.js';
import type { RestOptions, RestRequest } from './rest-request.js';
import type { SessionTokens } from './session-tokens.js';
import type {
  Account,
  Channel,
  ChannelKind,
  Grant,
  InboxPage,
  Member,
  MemberRole,
  MessagePage,
  NewChannel,
  OwnAccount,
} from './types.js';

/** Options of `signIn` and `signUp`. */
export interface EntryOptions {
  /** As in `ClientOptions`. */
  readonly url: string | readonly string[];
  /** Default: the platform's own `fetch`. */
  readonly fetch?: typeof fetch;
  /** Default: the server's realm for v1. */
  readonly realm?: string;
}

export const restOptions = ({
  url,
  fetch: own,
  traceparent,
}: Pick<EntryOptions, 'url' | 'fetch'> & Pick<RestOptions, 'traceparent'>): RestOptions => ({
  gateways: new Gateways(url),
  fetch: own ?? ((input, init) => fetch(input, init)),
  timeoutMs: 15_000,
  traceparent,
});

const accountFields = ['id', 'number', 'name'];
const channelFields = ['id', 'number', 'kind'];
const memberFields = ['accountId', 'role'];

/**
 * Creates an account and signs it in. The grant is what `new ParleyClient({ tokens })` takes. Rejects with a `ParleyError`, for example
 * `conflict` `username_taken`.
 */
export const signUp = async ({
  url,
  fetch,
  ...account
}: EntryOptions & { username: string; password: string; name?: string }): Promise<Grant> =>
  restRequest(restOptions({ url, ...(fetch && { fetch }) }), {
    method: 'POST',
    path: ['v1', 'accounts'],
    body: account,
    answer: grantFields,
  });

/**
 * Signs in with a user name or e-mail address (`login`). The grant is what `new ParleyClient({ tokens })` takes. Rejects with a
 * `ParleyError`, for example `unauthenticated` `wrong_credentials`.
 */
export const signIn = async ({
  url,
  fetch,
  ...credentials
}: EntryOptions & { login: string; password: string }): Promise<Grant> =>
  restRequest(restOptions({ url, ...(fetch && { fetch }) }), {
    method: 'POST',
    path: ['v1', 'sessions'],
    body: credentials,
    answer: grantFields,
  });

/** With the token at hand, with one that may have expired before it arrived, and with a fresh one. */
const attemptsMax = 3;

type Query = NonNullable<RestRequest['query']>;

/**
 * The REST API of v1 for one account, a method per operation. The methods reject with a `ParleyError`, or with the error of the
 * application's `signIn`. A request that the server answers with `unauthenticated` is repeated once with renewed tokens. Lists are paged:
 * pass `next` as `cursor`, null is the end.
 */
export class RestApi {
  /** @internal The client makes it: `client.rest`. */
  constructor(
    private readonly options: RestOptions,
    private readonly tokens: SessionTokens,
  ) {}

  /** The signed-in account. */
  me = (): Promise<OwnAccount> => this.#get(['v1', 'me'], accountFields);
  /** Accounts whose user name contains `contains`, case-insensitive. `limit`: 1 to 100, default 50. */
  searchAccounts = (query: { contains?: string; cursor?: string; limit?: number } = {}) =>
    this.#get<Schemas['AccountPage']>(['v1', 'accounts'], ['accounts'], query);
  /** One account. `not_found` when it does not exist in the realm. */
  account = (id: string): Promise<Account> => this.#get(['v1', 'accounts', id], accountFields);
  /** Changes the password and ends the account's other sessions. `forbidden` `wrong_password` when `current` is wrong. */
  changePassword = (current: string, next: string): Promise<void> =>
    this.#request({ method: 'PUT', path: ['v1', 'me', 'password'], body: { current, next }, answer: 'nothing' });
  /** Ends the session of these tokens. */
  signOut = (): Promise<void> =>
    this.#request({ method: 'DELETE', path: ['v1', 'sessions', 'current'], answer: 'nothing' });

  /** Creates a channel that the account owns. `conflict` `slug_taken`; `not_found` `account_not_found` for an unknown member. */
  createChannel = (channel: NewChannel): Promise<Channel> =>
    this.#request({ method: 'POST', path: ['v1', 'channels'], body: channel, answer: channelFields });
  /** Channels that the account may see (`joined`: only those it is a member of), newest first. `limit`: 1 to 200, default 50. */
  channels = (query: { kind?: readonly ChannelKind[]; joined?: boolean; cursor?: string; limit?: number } = {}) =>
    this.#get<Schemas['ChannelPage']>(['v1', 'channels'], ['channels'], query);
  /** One channel. `not_found` when the account may not see it. */
  channel = (id: string): Promise<Channel> => this.#get(['v1', 'channels', id], channelFields);
  /** Changes the title. `forbidden` `not_manager`. */
  renameChannel = (id: string, title: string): Promise<Channel> =>
    this.#request({ method: 'PATCH', path: ['v1', 'channels', id], body: { title }, answer: channelFields });
  /** Closes a channel to writing and joining; its history stays readable. `forbidden` `not_owner`. */
  closeChannel = (id: string): Promise<Channel> =>
    this.#request({ method: 'POST', path: ['v1', 'channels', id, 'close'], answer: channelFields });
  /** The direct channel with an account, created when it does not exist. */
  openDirect = (accountId: string): Promise<Channel> =>
    this.#request({ method: 'POST', path: ['v1', 'directs'], body: { accountId }, answer: channelFields });

  /** Joins a room or topic; idempotent. `forbidden` `invitation_needed` for groups, `barred` for a banned account. */
  join = (channelId: string): Promise<Member> =>
    this.#request({ method: 'PUT', path: ['v1', 'channels', channelId, 'members', 'me'], answer: memberFields });
  /** Leaves a channel; idempotent. */
  leave = (channelId: string): Promise<void> =>
    this.#request({ method: 'DELETE', path: ['v1', 'channels', channelId, 'members', 'me'], answer: 'nothing' });
  /** Members of a channel, ordered by account id. `limit`: 1 to 200, default 100. */
  members = (channelId: string, query: { cursor?: string; limit?: number } = {}) =>
    this.#get<Schemas['MemberPage']>(['v1', 'channels', channelId, 'members'], ['members'], query);
  /** Adds a member, or changes its role. */
  putMember = (channelId: string, accountId: string, role?: MemberRole): Promise<Member> =>
    this.#request({
      method: 'PUT',
      path: ['v1', 'channels', channelId, 'members', accountId],
      body: { ...(role && { role }) },
      answer: memberFields,
    });
  /** Removes a member. `forbidden` `owner_stays` for an owner. */
  removeMember = (channelId: string, accountId: string): Promise<void> =>
    this.#request({ method: 'DELETE', path: ['v1', 'channels', channelId, 'members', accountId], answer: 'nothing' });

  /**
   * Messages after `after`, or the last ones before `before` (default: before the end), ascending. `limit`: 1 to 500, default 50; a page
   * may be shorter although `more` is true.
   */
  history = (
    channelId: string,
    query: { after?: number; before?: number; limit?: number } = {},
  ): Promise<MessagePage> => this.#get(['v1', 'channels', channelId, 'messages'], ['messages', 'head'], query);
  /**
   * Direct messages after the inbox sequence `after` (default 0), ascending. `limit`: 1 to 500, default 100; a page may be shorter although
   * `more` is true.
   */
  inbox = (query: { after?: number; limit?: number } = {}): Promise<InboxPage> =>
    this.#get(['v1', 'inbox'], ['entries', 'head'], query);

  #get<T>(path: readonly string[], answer: readonly string[], query?: Query): Promise<T> {
    return this.#request({ method: 'GET', path, answer, ...(query && { query }) });
  }

  async #request<T>(request: RestRequest): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const accessToken = await this.tokens.access();
      try {
        return await this.#requestWith<T>(request, accessToken);
      } catch (error) {
        if (!isParleyError(error) || error.code !== 'unauthenticated' || attempt === attemptsMax) throw error;
        this.tokens.refuse(accessToken, error);
      }
    }
  }

  async #requestWith<T>(request: RestRequest, accessToken: string): Promise<T> {
    const answer = await restRequest<T>(this.options, { ...request, accessToken });
    this.tokens.accept(accessToken);
    return answer;
  }
}
