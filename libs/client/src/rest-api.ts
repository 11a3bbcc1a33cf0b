import { Gateways } from './gateways.js';
import { isParleyError } from './parley-error.js';
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
  NamedMember,
  OwnAccount,
} from './types.js';

/** Options of `signIn` and `signUp`. `url` and `fetch` as in `ClientOptions`; `realm` defaults to the server's realm for v1. */
export interface EntryOptions {
  readonly url: string | readonly string[];
  readonly fetch?: typeof fetch;
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

type Query = NonNullable<RestRequest['query']>;

/**
 * The REST API of v1 for one account, a method per operation. All methods reject with a `ParleyError`. A request that the server answers
 * with `unauthenticated` is repeated once with renewed tokens. Lists are paged: pass `next` as `cursor`, null is the end.
 */
export class RestApi {
  constructor(
    private readonly options: RestOptions,
    private readonly tokens: SessionTokens,
  ) {}

  me = (): Promise<OwnAccount> => this.#get(['v1', 'me'], accountFields);
  searchAccounts = (query: { contains?: string; cursor?: string; limit?: number } = {}) =>
    this.#get<{ accounts: Account[]; next: string | null }>(['v1', 'accounts'], ['accounts'], query);
  account = (id: string): Promise<Account> => this.#get(['v1', 'accounts', id], accountFields);
  changePassword = (current: string, next: string): Promise<void> =>
    this.#request({ method: 'PUT', path: ['v1', 'me', 'password'], body: { current, next }, answer: 'nothing' });
  signOut = (): Promise<void> =>
    this.#request({ method: 'DELETE', path: ['v1', 'sessions', 'current'], answer: 'nothing' });

  createChannel = (channel: {
    kind: 'room' | 'group' | 'topic';
    title: string;
    slug?: string;
    metadata?: Record<string, unknown>;
    memberIds?: readonly string[];
  }): Promise<Channel> =>
    this.#request({ method: 'POST', path: ['v1', 'channels'], body: channel, answer: channelFields });
  channels = (query: { kind?: readonly ChannelKind[]; joined?: boolean; cursor?: string; limit?: number } = {}) =>
    this.#get<{ channels: Channel[]; next: string | null }>(['v1', 'channels'], ['channels'], query);
  channel = (id: string): Promise<Channel> => this.#get(['v1', 'channels', id], channelFields);
  renameChannel = (id: string, title: string): Promise<Channel> =>
    this.#request({ method: 'PATCH', path: ['v1', 'channels', id], body: { title }, answer: channelFields });
  closeChannel = (id: string): Promise<Channel> =>
    this.#request({ method: 'POST', path: ['v1', 'channels', id, 'close'], answer: channelFields });
  openDirect = (accountId: string): Promise<Channel> =>
    this.#request({ method: 'POST', path: ['v1', 'directs'], body: { accountId }, answer: channelFields });

  join = (channelId: string): Promise<Member> =>
    this.#request({ method: 'PUT', path: ['v1', 'channels', channelId, 'members', 'me'], answer: memberFields });
  leave = (channelId: string): Promise<void> =>
    this.#request({ method: 'DELETE', path: ['v1', 'channels', channelId, 'members', 'me'], answer: 'nothing' });
  members = (channelId: string, query: { cursor?: string; limit?: number } = {}) =>
    this.#get<{ members: NamedMember[]; next: string | null }>(
      ['v1', 'channels', channelId, 'members'],
      ['members'],
      query,
    );
  putMember = (channelId: string, accountId: string, role?: MemberRole): Promise<Member> =>
    this.#request({
      method: 'PUT',
      path: ['v1', 'channels', channelId, 'members', accountId],
      body: { ...(role && { role }) },
      answer: memberFields,
    });
  removeMember = (channelId: string, accountId: string): Promise<void> =>
    this.#request({ method: 'DELETE', path: ['v1', 'channels', channelId, 'members', accountId], answer: 'nothing' });

  history = (
    channelId: string,
    query: { after?: number; before?: number; limit?: number } = {},
  ): Promise<MessagePage> => this.#get(['v1', 'channels', channelId, 'messages'], ['messages', 'head'], query);
  inbox = (query: { after?: number; limit?: number } = {}): Promise<InboxPage> =>
    this.#get(['v1', 'inbox'], ['entries', 'head'], query);

  #get<T>(path: readonly string[], answer: readonly string[], query?: Query): Promise<T> {
    return this.#request({ method: 'GET', path, answer, ...(query && { query }) });
  }

  async #request<T>(request: RestRequest): Promise<T> {
    const accessToken = await this.tokens.access();
    try {
      return await this.#requestWith<T>(request, accessToken);
    } catch (error) {
      if (!isParleyError(error) || error.code !== 'unauthenticated') throw error;
      this.tokens.refuse(accessToken, error);
      return this.#requestWith<T>(request, await this.tokens.access());
    }
  }

  async #requestWith<T>(request: RestRequest, accessToken: string): Promise<T> {
    const answer = await restRequest<T>(this.options, { ...request, accessToken });
    this.tokens.accept(accessToken);
    return answer;
  }
}
