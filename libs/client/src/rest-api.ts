import { isParleyError } from './parley-error.js';
import type { Schemas } from './protocol.js';
import { restRequest } from './rest-request.js';
import type { RestOptions, RestRequest } from './rest-request.js';
import type { SessionTokens } from './session-tokens.js';
import type { AccountName, PreferenceValues, ReceiptPosition } from './objects/types.js';
import type { Abortable } from './observable.js';
import type {
  Account,
  Channel,
  ChannelKind,
  Content,
  Entry,
  InboxPage,
  Member,
  MemberRole,
  Message,
  MessagePage,
  NewChannel,
  OwnAccount,
  PageEnd,
  PagePosition,
  SummarizedChannel,
} from './types.js';

const accountFields = ['id', 'number', 'name'];
const channelFields = ['id', 'number', 'kind'];
const memberFields = ['accountId', 'role'];
const preferenceFields = ['sharesReceipts', 'invisible'];

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
  me = (options?: Abortable): Promise<OwnAccount> => this.#get(['me'], accountFields, {}, options);
  /** Accounts whose user name or display name contains `contains`, case-insensitive. `limit`: 1 to 100, default 50. */
  searchAccounts = (query: { contains?: string; cursor?: string; limit?: number } = {}, options?: Abortable) =>
    this.#get<Schemas['AccountPage']>(['accounts'], ['accounts'], query, options);
  /** One account. `not_found` when it does not exist in the realm. */
  account = (id: string, options?: Abortable): Promise<Account> =>
    this.#get(['accounts', id], accountFields, {}, options);
  /**
   * Changes the display name, and renews the tokens, which carry it: messages have the new name once the connection was renewed, too, at the
   * latest when its token would have expired. `conflict` `username_taken` when it is the user name of another account.
   */
  setName = async (name: string, options?: Abortable): Promise<OwnAccount> => {
    const account = await this.#do<OwnAccount>('PATCH', ['me'], accountFields, { name }, options);
    // Without a refresh token there is no other token yet; the name is changed all the same.
    await this.tokens.renew().catch(() => undefined);
    return account;
  };
  /** Changes the password and ends the account's other sessions. `forbidden` `wrong_password` when `current` is wrong. */
  changePassword = (current: string, next: string, options?: Abortable): Promise<void> =>
    this.#do('PUT', ['me', 'password'], 'nothing', { current, next }, options);
  /** Ends the session of these tokens. */
  signOut = (options?: Abortable): Promise<void> =>
    this.#do('DELETE', ['sessions', 'current'], 'nothing', undefined, options);
  /** The sessions of the account, newest first, at most 100; `current`: the one of these tokens. */
  sessions = (options?: Abortable) => this.#get<Schemas['SessionList']>(['sessions'], ['sessions'], {}, options);
  /** Ends one session: its tokens work no more and its connections close within a second. `not_found` `session_not_found`. */
  endSession = (id: string, options?: Abortable): Promise<void> =>
    this.#do('DELETE', ['sessions', id], 'nothing', undefined, options);
  /** Ends all sessions but the one of these tokens; `ended`: how many. */
  endOtherSessions = (options?: Abortable) =>
    this.#do<Schemas['SessionsEnded']>('DELETE', ['sessions'], ['ended'], undefined, options);
  /** The choices of the account. */
  preferences = (options?: Abortable): Promise<PreferenceValues> =>
    this.#get(['me', 'preferences'], preferenceFields, {}, options);
  /** Changes some of the choices of the account. */
  setPreferences = (change: Partial<PreferenceValues>, options?: Abortable): Promise<PreferenceValues> =>
    this.#do('PUT', ['me', 'preferences'], preferenceFields, change, options);

  /** Creates a channel that the account owns. `conflict` `slug_taken`; `not_found` `account_not_found` for an unknown member. */
  createChannel = (channel: NewChannel, options?: Abortable): Promise<Channel> =>
    this.#do('POST', ['channels'], channelFields, channel, options);
  /**
   * Channels that the account may see (`joined`: only those it is a member of), newest first; `summary`: with the last message and the
   * unread counts. `limit`: 1 to 200, default 50.
   */
  channels = (
    query: {
      kind?: readonly ChannelKind[];
      joined?: boolean;
      summary?: boolean;
      cursor?: string;
      limit?: number;
    } = {},
    options?: Abortable,
  ) => this.#get<Schemas['ChannelPage']>(['channels'], ['channels'], query, options);
  /** One channel; `summary`: with the last message and the unread counts. `not_found` when the account may not see it. */
  channel = (id: string, query: { summary?: boolean } = {}, options?: Abortable): Promise<SummarizedChannel> =>
    this.#get(['channels', id], channelFields, query, options);
  /** Changes the title. `forbidden` `not_manager`. */
  renameChannel = (id: string, title: string, options?: Abortable): Promise<Channel> =>
    this.#do('PATCH', ['channels', id], channelFields, { title }, options);
  /** Closes a channel to writing and joining; its history stays readable. `forbidden` `not_owner`. */
  closeChannel = (id: string, options?: Abortable): Promise<Channel> =>
    this.#do('POST', ['channels', id, 'close'], channelFields, undefined, options);
  /** The direct channel with an account, created when it does not exist. */
  openDirect = (accountId: string, options?: Abortable): Promise<Channel> =>
    this.#do('POST', ['directs'], channelFields, { accountId }, options);
  /** The direct channels, the one with the newest message first; `summary` as in `channels`. `limit`: 1 to 200, default 50. */
  directs = (query: { summary?: boolean; before?: number; limit?: number } = {}, options?: Abortable) =>
    this.#get<Schemas['DirectPage']>(['directs'], ['directs'], query, options);

  /** Joins a room or topic; idempotent. `forbidden` `invitation_needed` for groups, `barred` for a banned account. */
  join = (channelId: string, options?: Abortable): Promise<Member> =>
    this.#do('PUT', ['channels', channelId, 'members', 'me'], memberFields, undefined, options);
  /** Leaves a channel; idempotent. */
  leave = (channelId: string, options?: Abortable): Promise<void> =>
    this.#do('DELETE', ['channels', channelId, 'members', 'me'], 'nothing', undefined, options);
  /** Members of a channel, ordered by account id. `limit`: 1 to 200, default 100. */
  members = (channelId: string, query: { cursor?: string; limit?: number } = {}, options?: Abortable) =>
    this.#get<Schemas['MemberPage']>(['channels', channelId, 'members'], ['members'], query, options);
  /** Adds a member, or changes its role. */
  putMember = (channelId: string, accountId: string, role?: MemberRole, options?: Abortable): Promise<Member> =>
    this.#do('PUT', ['channels', channelId, 'members', accountId], memberFields, { ...(role && { role }) }, options);
  /** Removes a member. `forbidden` `owner_stays` for an owner. */
  removeMember = (channelId: string, accountId: string, options?: Abortable): Promise<void> =>
    this.#do('DELETE', ['channels', channelId, 'members', accountId], 'nothing', undefined, options);

  /**
   * Messages after `after`, around a sequence (`around`) or a time (`aroundTime`), or the last ones before `before` (default: before the
   * end), ascending, in their current form. `limit`: 1 to 500, default 50; a page may be shorter although `more` is true.
   */
  history = (channelId: string, query: PagePosition = {}, options?: Abortable): Promise<MessagePage> =>
    this.#get(['channels', channelId, 'messages'], ['messages', 'head'], query, options);
  /** The entries of a channel's stream after `after`, ascending. `limit` as in `history`. */
  entries = (channelId: string, query: { after: number; limit?: number }, options?: Abortable) =>
    this.#get<{ readonly entries: readonly Entry[] } & PageEnd>(
      ['channels', channelId, 'messages'],
      ['entries', 'head'],
      { ...query, entries: true },
      options,
    );
  /** The replies of a message, which is `root`; positions as in `history`. `unread`: replies after `read`. */
  thread = (
    rootId: string,
    query: PagePosition = {},
    options?: Abortable,
  ): Promise<MessagePage & { readonly root: Message; readonly unread: number; readonly read: number }> =>
    this.#get(['messages', rootId, 'thread'], ['messages', 'root'], query, options);
  /** Records that the account has read a thread up to a sequence. */
  readThread = (rootId: string, sequence: number, options?: Abortable) =>
    this.#do<{ readonly sequence: number; readonly unread: number }>(
      'PUT',
      ['messages', rootId, 'thread', 'read'],
      ['unread'],
      { sequence },
      options,
    );
  /** One message in its current form. */
  message = (id: string, options?: Abortable): Promise<Message> =>
    this.#get(['messages', id], ['channelId'], {}, options);
  /** Who reacted to a message, in the order of the reactions, at most 500; with `emoji`, those of this one. */
  reactions = (id: string, query: { emoji?: string } = {}, options?: Abortable) =>
    this.#get<Schemas['MessageReactions']>(['messages', id, 'reactions'], ['reactions'], query, options);
  /** The earlier forms of a message, oldest first, the current one last. `forbidden` `not_moderator`. */
  versions = (id: string, options?: Abortable) =>
    this.#get<{
      readonly versions: readonly { readonly content: Content; readonly actor: AccountName; readonly at: string }[];
    }>(['messages', id, 'versions'], ['versions'], {}, options);
  /** The pinned messages of a channel, the last pinned first. */
  pins = (channelId: string, options?: Abortable) =>
    this.#get<{ readonly messages: readonly Message[] }>(['channels', channelId, 'pins'], ['messages'], {}, options);
  /** Messages that mention the account, newest first, in one channel or in all. `next` is the `before` of the next page. */
  mentions = (query: { channelId?: string; before?: number; limit?: number } = {}, options?: Abortable) =>
    this.#get<{ readonly messages: readonly Message[]; readonly next: number | null }>(
      ['mentions'],
      ['messages'],
      query,
      options,
    );
  /** How far accounts have read and received a channel; `counts`: how many the sequence `at`. */
  receipts = (channelId: string, query: { at?: number } = {}, options?: Abortable) =>
    this.#get<{
      readonly positions: readonly ({ readonly accountId: string } & ReceiptPosition)[];
      readonly total: number;
      readonly counts: ReceiptPosition | null;
    }>(['channels', channelId, 'receipts'], ['positions'], query, options);
  /**
   * Direct messages after the inbox sequence `after` (default 0), ascending. `limit`: 1 to 500, default 100; a page may be shorter although
   * `more` is true.
   */
  inbox = (query: { after?: number; limit?: number } = {}, options?: Abortable): Promise<InboxPage> =>
    this.#get(['inbox'], ['entries', 'head'], query, options);
  /** The entries of the inbox after `after`: direct messages, and changes of them. */
  inboxEntries = (query: { after: number; limit?: number }, options?: Abortable) =>
    this.#get<{ readonly entries: readonly { readonly sequence: number; readonly entry: Entry }[] } & PageEnd>(
      ['inbox'],
      ['entries', 'head'],
      { ...query, entries: true },
      options,
    );

  #get<T>(path: readonly string[], answer: readonly string[], query: Query, options?: Abortable): Promise<T> {
    return this.#request({ method: 'GET', path: ['v1', ...path], answer, query, signal: options?.signal });
  }

  #do<T>(
    method: RestRequest['method'],
    path: readonly string[],
    answer: RestRequest['answer'],
    body: unknown,
    options?: Abortable,
  ): Promise<T> {
    return this.#request({ method, path: ['v1', ...path], answer, body, signal: options?.signal });
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
