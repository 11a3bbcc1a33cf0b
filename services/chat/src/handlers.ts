import type { Bus } from '@parley/bus';
import type { Chat, Handlers } from '@parley/contracts';
import type { Log } from '@parley/runtime';
import type { Acknowledger } from './acknowledger.js';
import type { Appended } from './domain/announcements.js';
import type { MemberCounts } from './member-counts.js';
import type { MentionResolver } from './mention-resolver.js';
import type { Deliveries } from './store/deliveries.js';
import type { Inbox } from './store/inbox.js';
import type { EntryLog, Prepared } from './store/log.js';
import type { Messages } from './store/messages.js';
import type { Receipts } from './store/receipts.js';
import type { Streams } from './store/streams.js';
import { acknowledgeMessages } from './use-cases/acknowledge-messages.js';
import { advanceDeliveries } from './use-cases/advance-deliveries.js';
import type { Authorizer } from './use-cases/authorize.js';
import { deleteMessage } from './use-cases/delete-message.js';
import { editMessage } from './use-cases/edit-message.js';
import { getMessage } from './use-cases/get-message.js';
import { listChats } from './use-cases/list-chats.js';
import { listDeliveryStates } from './use-cases/list-delivery-states.js';
import { listChannelEntries, listInboxEntries } from './use-cases/list-entries.js';
import { listInbox } from './use-cases/list-inbox.js';
import { listMentions } from './use-cases/list-mentions.js';
import { listMessages } from './use-cases/list-messages.js';
import { listPins } from './use-cases/list-pins.js';
import { listReactions } from './use-cases/list-reactions.js';
import { listReceipts } from './use-cases/list-receipts.js';
import { listThread, recordThread } from './use-cases/list-thread.js';
import { listUnacknowledged } from './use-cases/list-unacknowledged.js';
import { listUndelivered } from './use-cases/list-undelivered.js';
import { listVersions } from './use-cases/list-versions.js';
import { pinMessage, unpinMessage } from './use-cases/pin-message.js';
import { reactToMessage, removeReaction } from './use-cases/react-to-message.js';
import { readHeads } from './use-cases/read-heads.js';
import { recordReceipt, recordReceipts } from './use-cases/record-receipt.js';
import { resumeDelivery } from './use-cases/resume-delivery.js';
import { sendMessage } from './use-cases/send-message.js';
import { sendMessages } from './use-cases/send-messages.js';
import { summarizeChannels } from './use-cases/summarize-channels.js';

type Calls = Handlers<Chat>;

interface MessageDeps {
  readonly authorizer: Authorizer;
  readonly messages: Messages;
  readonly entryLog: EntryLog;
  readonly mentions: MentionResolver;
  readonly committer: { commit(prepared: Prepared, deadline: number): Promise<Appended> };
  readonly events: Pick<Bus, 'publish'>;
  readonly editWindowMs: number;
  readonly log: Log;
}

/** What is done with one message, and the lists of messages. */
export const messageHandlers = (deps: MessageDeps): Calls['message'] => ({
  send: sendMessage(deps),
  sendMany: sendMessages(deps),
  edit: editMessage(deps),
  delete: deleteMessage(deps),
  react: reactToMessage(deps),
  unreact: removeReaction(deps),
  pin: pinMessage(deps),
  unpin: unpinMessage(deps),
  get: getMessage(deps),
  versions: listVersions(deps),
  reactions: listReactions(deps),
  thread: listThread(deps),
  pins: listPins(deps),
  mentions: listMentions(deps),
  list: listMessages(deps),
});

interface StreamDeps {
  readonly authorizer: Authorizer;
  readonly entryLog: EntryLog;
  readonly streams: Streams;
  readonly inbox: Inbox;
}

/** What is read of a channel's stream as a whole. */
export const channelHandlers = (deps: Omit<StreamDeps, 'inbox'>): Calls['channel'] => ({
  heads: readHeads(deps),
  entries: listChannelEntries(deps),
  summaries: summarizeChannels(deps),
});

export const inboxHandlers = (deps: Pick<StreamDeps, 'inbox' | 'entryLog'>): Calls['inbox'] => ({
  list: listInbox(deps),
  entries: listInboxEntries(deps),
  chats: listChats(deps),
});

interface PositionDeps {
  readonly receipts: Receipts;
  readonly memberCounts: MemberCounts;
  readonly events: Pick<Bus, 'publish'>;
}

interface DeliveryDeps extends PositionDeps {
  readonly deliveries: Deliveries;
  readonly inbox: Inbox;
  readonly acknowledger: Pick<Acknowledger, 'commit'>;
}

export const deliveryHandlers = (deps: DeliveryDeps): Calls['delivery'] => ({
  resume: resumeDelivery(deps),
  unacknowledged: listUnacknowledged(deps),
  advance: advanceDeliveries(deps),
  acknowledge: acknowledgeMessages(deps),
  states: listDeliveryStates(deps),
  undelivered: listUndelivered(deps),
});

interface ReceiptDeps extends PositionDeps {
  readonly authorizer: Authorizer;
  readonly messages: Messages;
}

export const receiptHandlers = (deps: ReceiptDeps): Calls['receipt'] => ({
  record: recordReceipt(deps),
  recordMany: recordReceipts(deps),
  list: listReceipts(deps),
  recordThread: recordThread(deps),
});
