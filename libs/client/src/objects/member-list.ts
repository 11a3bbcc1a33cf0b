import type { Abortable } from '../observable.js';
import type { Notifications } from '../protocol.js';
import { State } from '../state.js';
import type { NamedMember } from '../types.js';
import type { Hub } from './hub.js';
import type { PagedList } from './types.js';

/** The members of a channel, page by page, kept up to date by its events. */
export class MemberList extends State<readonly NamedMember[]> implements PagedList<NamedMember> {
  #next: string | null | undefined;
  #loading: Promise<void> | null = null;

  constructor(
    private readonly hub: Pick<Hub, 'rest' | 'retry'>,
    private readonly channelId: string,
    track: (isUsed: boolean) => void,
  ) {
    super([], (isUsed) => {
      track(isUsed);
      if (isUsed && this.#next === undefined) this.loadMore().catch(() => {});
    });
  }

  get hasMore(): boolean {
    return this.#next !== null;
  }

  get isLoading(): boolean {
    return this.#loading !== null;
  }

  loadMore(options: Abortable = {}): Promise<void> {
    if (!this.hasMore) return Promise.resolve();
    this.#loading ??= this.#load(options).finally(() => {
      this.#loading = null;
      this.set([...this.value]);
    });
    return this.#loading;
  }

  /** What is here may be out of date. */
  reset(): void {
    this.#next = undefined;
    if (this.isUsed) this.loadMore().catch(() => {});
    else this.set([]);
  }

  put({ member }: Notifications['member.added']): void {
    if (!this.isUsed) return this.reset();
    const known = this.value.find(({ accountId }) => accountId === member.accountId);
    this.#put([{ name: null, handle: null, username: null, ...known, ...member }]);
    if (known) return;
    void this.hub.rest.account(member.accountId).then(
      ({ name, username }) => this.#put([{ ...member, name, handle: username, username }]),
      () => {},
    );
  }

  remove(id: string): void {
    this.set(this.value.filter(({ accountId }) => accountId !== id));
  }

  async #load(options: Abortable): Promise<void> {
    const cursor = this.#next ?? undefined;
    const query = { limit: 200, ...(cursor !== undefined && { cursor }) };
    const { members, next } = await this.hub.retry(
      () => this.hub.rest.members(this.channelId, query, options),
      options,
    );
    this.#next = next;
    if (cursor === undefined) this.set(members);
    else this.#put(members);
  }

  #put(members: readonly NamedMember[]): void {
    const ids = new Set(members.map(({ accountId }) => accountId));
    this.set([...this.value.filter(({ accountId }) => !ids.has(accountId)), ...members]);
  }
}
