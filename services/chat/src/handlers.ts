import type { Bus } from '@parley/bus';
import type { Chat, Handlers } from '@parley/contracts';
import type { Acknowledger } from './acknowledger.js';
import type { Stored } from './domain/message.js';
import type { MessageImports } from './store/imports.js';
import type { Inbox } from './store/inbox.js';
import type { Messages, Prepared } from './store/messages.js';
import type { Deliveries } from './store/deliveries.js';
import type { Receipts } from './store/receipts.js';
import type { Streams } from './store/streams.js';
import type { Authorizer } from './use-cases/authorize.js';
import { acknowledgeMessages } from './use-cases/acknowledge-messages.js';
import { advanceDeliveries } from './use-cases/advance-deliveries.js';
import { importMessages } from './use-cases/import-messages.js';
import { listChats } from './use-cases/list-chats.js';
import { listDeliveryStates } from './use-cases/list-delivery-states.js';
import { listInbox } from './use-cases/list-inbox.js';
import { listMessages } from './use-cases/list-messages.js';
import { listUnacknowledged } from './use-cases/list-unacknowledged.js';
import { listUndelivered } from './use-cases/list-undelivered.js';
import { readHeads } from './use-cases/read-heads.js';
import { recordReceipt } from './use-cases/record-receipt.js';
import { resumeDelivery } from './use-cases/resume-delivery.js';
import { sendMessage } from './use-cases/send-message.js';
import { summarizeChannels } from './use-cases/summarize-channels.js';

export interface HandlerDeps {
  readonly authorizer: Authorizer;
  readonly messages: Messages;
  readonly streams: Streams;
  readonly inbox: Inbox;
  readonly deliveries: Deliveries;
  readonly receipts: Receipts;
  readonly imports: MessageImports;
  readonly acknowledger: Pick<Acknowledger, 'commit'>;
  readonly committer: { commit(prepared: Prepared, deadline: number): Promise<Stored> };
  readonly events: Pick<Bus, 'publish'>;
}

export const handlers = (deps: HandlerDeps): Handlers<Chat> => ({
  import: importMessages(deps),
  message: { send: sendMessage(deps), list: listMessages(deps) },
  channel: { heads: readHeads(deps), summaries: summarizeChannels(deps) },
  inbox: { list: listInbox(deps), chats: listChats(deps) },
  delivery: {
    resume: resumeDelivery(deps),
    unacknowledged: listUnacknowledged(deps),
    advance: advanceDeliveries(deps),
    acknowledge: acknowledgeMessages(deps),
    states: listDeliveryStates(deps),
    undelivered: listUndelivered(deps),
  },
  receipt: { record: recordReceipt(deps) },
});
