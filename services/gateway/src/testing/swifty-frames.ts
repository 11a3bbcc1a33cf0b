import type { AccountId, AccountPrincipal, ConnectionId, SessionId } from '@parley/contracts';
import type { ConnectionView } from '../protocol/dialect.js';

export const id = <T>(n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}` as T;
export const [alice, bob, msgid] = [id<string>(101), id<string>(102), id<string>(103)];

const principalOf = (n: number, handle: string): AccountPrincipal => ({
  kind: 'account',
  realm: 'swifty',
  dialect: 'swifty',
  accountId: id<AccountId>(n),
  number: n,
  handle,
  name: 'Client Name',
  sessionId: id<SessionId>(9),
});
export const sender = principalOf(1, alice);
export const sessionOf = (principal: AccountPrincipal): ConnectionView => ({
  id: id<ConnectionId>(3),
  realm: 'swifty',
  principal,
  state: null,
  attached: new Map(),
});

// The README's examples, their placeholders replaced by uuids.
export const directExample = `{
  "to": "${bob}",
  "from": "${alice}",
  "timestamp": 1234567890.123,
  "priority": "high",
  "subject": "Message subject",
  "msgid": "${msgid}",
  "acknowledge": true,
  "content": "Message content",
  "action": "message",
  "event": "event-type",
  "status": "sent",
  "conversation_id": "conversation-id",
  "msgno": 1
}`;
export const topicExample = `{
  "topic_id": "my-topic",
  "from": "${alice}",
  "timestamp": 1234567890.123,
  "priority": "normal",
  "subject": "Topic message",
  "msgid": "${msgid}",
  "content": "Message content",
  "action": "topic_message",
  "event": "",
  "status": "sent",
  "msgno": 1
}`;
export const reader = principalOf(2, bob);
