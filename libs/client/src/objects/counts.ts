import { fold } from '../entries.js';
import { State } from '../state.js';
import type { Entry, Message, SummarizedChannel } from '../types.js';
import type { Unread } from './types.js';

const recentMax = 500;
const none = { count: 0, mentions: 0 };

/** Unread messages, mentions and the last message of a channel: a summary of the server, and the entries after its head. */
export class Counts {
  readonly unread: State<Unread>;
  readonly last: State<Message | null>;
  /** Up to which sequence entries are counted. */
  head = 0;
  #recent: Entry[] = [];

  constructor(
    private readonly accountId: () => string | null,
    track: (isUsed: boolean) => void,
    /** What only the server can count. */
    private readonly recount: () => void,
  ) {
    this.unread = new State<Unread>({ count: 0, mentions: 0, read: 0 }, track);
    this.last = new State<Message | null>(null, track);
  }

  /** Takes the server's counts. Returns false when entries after its head are not known any more. */
  take({ unread = 0, mentions = 0, read = 0, last = null, head = 0 }: SummarizedChannel): boolean {
    const [oldest] = this.#recent;
    if (head < this.head && (!oldest || oldest.sequence > head + 1)) return false;
    this.head = head;
    const own = this.unread.value.read;
    // A position that the server does not have yet is not taken back.
    if (own > read)
      this.#setUnread({ ...(own < (last?.sequence ?? 0) ? { count: unread, mentions } : none), read: own });
    else this.#setUnread({ count: unread, mentions, read });
    this.last.set(last);
    for (const entry of this.#recent) this.#count(entry);
    return true;
  }

  /** Entries are not followed any more: what comes next may come after a gap. */
  forget(): void {
    this.#recent = [];
  }

  apply(entry: Entry): void {
    this.#recent.push(entry);
    if (this.#recent.length > recentMax) this.#recent.splice(0, recentMax / 2);
    this.#count(entry);
  }

  /** The account has read up to this sequence, here or on another device. Returns whether what is left has to be counted by the server. */
  read(sequence: number): boolean {
    const { value } = this.unread;
    if (sequence <= value.read) return false;
    const isAll = sequence >= (this.last.value?.sequence ?? 0);
    this.#setUnread({ ...(isAll ? none : value), read: sequence });
    return !isAll;
  }

  #count(entry: Entry): void {
    const { sequence } = entry;
    if (sequence <= this.head) return;
    this.head = sequence;
    const { value } = this.unread;
    if (entry.kind !== 'message.created') {
      const last = this.last.value;
      if (last) this.last.set(fold(last, entry, this.accountId()));
      const isCounted = entry.kind === 'message.edited' || entry.kind === 'message.deleted';
      if (isCounted && entry.messageSequence > value.read && value.count > 0) this.recount();
      return;
    }
    const { message } = entry;
    if (!message.inChannel) return;
    this.last.set(message);
    if (message.sender.id === this.accountId()) this.#setUnread({ ...none, read: sequence });
    else {
      const { accountIds, channel } = message.mentions;
      const isMention = channel || accountIds.includes(this.accountId() ?? '');
      this.#setUnread({
        ...value,
        count: value.count + 1,
        mentions: Math.min(100, value.mentions + Number(isMention)),
      });
    }
  }

  #setUnread(unread: Unread): void {
    const { count, mentions, read } = this.unread.value;
    if (unread.count !== count || unread.mentions !== mentions || unread.read !== read) this.unread.set(unread);
  }
}
