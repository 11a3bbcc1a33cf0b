import { number } from './normalise.js';

// What a message looks like to who receives it, wire by wire, with names in place of ids, numbers and times.

interface Message {
  readonly by: string;
  readonly text: string;
  readonly in: string;
}

export const inRooms = ({ by, text, in: room }: Message) => ({
  type: 'message',
  message_id: number('number'),
  room_id: number(`number of ${room}`),
  sender: by,
  message: text,
  message_type: 'text',
  file_url: null,
  file_name: null,
  file_size: null,
  mime_type: null,
  timestamp: '<time>',
  reactions: [],
  user_reaction: null,
});

export const roomsReaction = (by: string, reaction_type: string, count: number) => ({
  type: 'reaction',
  room_id: number('number of Lobby'),
  message_id: number('number'),
  sender: by,
  reaction_type,
  action: 'added',
  count,
  timestamp: '<time>',
});

export const roomsNotice = (type: 'typing' | 'user_joined', by: string) => ({
  type,
  room_id: number('number of Lobby'),
  sender: by,
  message: `${by} ${type === 'typing' ? 'is typing...' : 'joined the chat'}`,
  timestamp: '<time>',
});

const numberOf = (who: string) => number(`number of ${who}`);

export const inConversations = ({ by, text, in: conversation }: Message) => ({
  type: 'message',
  id: number('number'),
  content: text,
  sender_id: numberOf(by),
  sender_name: by,
  conversation_id: number(`number of ${conversation}`),
  created_at: '<time>',
});

export const userLeft = (by: string) => ({ type: 'user_left', user_id: numberOf(by), username: by });

const handleOf = (who: string) => `<${who.startsWith('swifty') ? 'handle' : 'id'} of ${who}>`;

/** What somebody on another wire said, in the fields of this one. */
export const inTopics = ({ by, text, in: topic }: Message) => ({
  topic_id: topic,
  from: handleOf(by),
  timestamp: number('time'),
  priority: 'normal',
  subject: topic,
  msgid: '<uuid>',
  content: text,
  action: 'topic_message',
  event: '',
  status: 'sent',
  msgno: number('number'),
});

export const toDevice = ({ by, text }: Omit<Message, 'in'>, to: string) => ({
  to: handleOf(to),
  from: handleOf(by),
  timestamp: number('time'),
  priority: 'normal',
  subject: '',
  msgid: '<uuid>',
  acknowledge: false,
  content: text,
  action: 'message',
  event: '',
  status: 'sent',
  conversation_id: '<uuid>',
  msgno: number('number'),
});

/** As the device that speaks in these tests writes its frames. */
export const verbatimToDevice = (message: Omit<Message, 'in'>, to: string) => ({
  ...toDevice(message, to),
  priority: 'high',
  subject: 'Message subject',
  acknowledge: true,
  event: 'event-type',
  conversation_id: 'conversation-id',
});

export const topicSent = (topic_id: string, count: number) => ({
  type: 'topic_sent',
  message: `Message sent to ${count} subscribers`,
  topic_id,
  msgid: '<uuid>',
  timestamp: number('time'),
});

export const sent = { type: 'sent', message: 'Message delivered', msgid: '<uuid>', timestamp: number('time') };

export const inChats = (by: string, to: string, content: string) => ({
  sender_id: numberOf(by),
  receiver_id: numberOf(to),
  content,
  message_type: 'text',
  timestamp: '<time>',
});

const notification = (method: string, params: object) => ({ jsonrpc: '2.0', method, params });
const idOf = (who: string) => `<id of ${who}>`;

export const inV1 = (by: string, content: object, channel: string | null) =>
  notification('message.created', {
    message: {
      id: '<uuid>',
      number: number('number'),
      channelId: channel === null ? '<uuid>' : idOf(channel),
      sequence: number('number'),
      sender: { id: idOf(by), name: by, handle: handleOf(by) },
      clientId: '<client id>',
      content,
      sentAt: '<time>',
    },
    ...(channel === null && { inboxSequence: number('number') }),
  });

/** The answer to `message.send`. */
export const v1Answer = (channel: string | null) => ({
  jsonrpc: '2.0',
  id: 'say',
  result: {
    id: '<uuid>',
    number: number('number'),
    channelId: channel === null ? '<uuid>' : idOf(channel),
    sequence: number('number'),
    ...(channel === null && { inboxSequence: number('number') }),
    sentAt: '<time>',
    repeated: false,
  },
});

/** A change of a message in the Lobby: what its listeners receive, and the answer to who made it. */
export const v1Change = (kind: string, by: string, more: object) => {
  const change = {
    channelId: idOf('Lobby'),
    sequence: number('number'),
    messageId: '<uuid>',
    messageSequence: number('number'),
    actor: { id: idOf(by), name: by, handle: handleOf(by) },
    clientId: '<client id>',
    at: '<time>',
    ...more,
  };
  return {
    notification: notification(kind, change),
    answer: { jsonrpc: '2.0', id: 'life', result: { entry: { kind, ...change }, repeated: false } },
  };
};

export const v1Typing = (by: string) =>
  notification('typing.started', { channelId: idOf('Lobby'), account: { id: idOf(by), name: by } });

export const v1Added = (who: string) =>
  notification('member.added', {
    channelId: idOf('Lobby'),
    membershipVersion: number('number'),
    member: { accountId: idOf(who), role: 'member', joinedAt: '<time>' },
  });

export const v1Removed = (who: string) =>
  notification('member.removed', {
    channelId: idOf('Lobby'),
    membershipVersion: number('number'),
    accountId: idOf(who),
  });

/** The answer to `receipt.record`. */
export const v1Recorded = {
  jsonrpc: '2.0',
  id: 'receipt.record',
  result: { sequence: number('number'), read: number('number'), delivered: number('number') },
};

/** `channel` null: a direct one. */
export const v1Receipt = (by: string, channel: string | null) =>
  notification('receipt.changed', {
    channelId: channel === null ? '<uuid>' : idOf(channel),
    accountId: idOf(by),
    read: number('number'),
    delivered: number('number'),
  });

export const v1Presence = (who: string, state: 'online' | 'away' | 'offline') =>
  notification('presence.changed', {
    accountId: idOf(who),
    state,
    lastSeenAt: state === 'offline' ? '<time>' : null,
  });

export const peer = (who: string, address: string) => ({
  peer_id: who,
  user_id: numberOf(who),
  email: `${who}@example.com`,
  agent_id: who,
  public_ip: '203.0.113.1',
  public_port: 50_000,
  relay_ip: '203.0.113.10',
  relay_port: 50_001,
  virtual_ip: address,
});

export const peerOffline = (who: string, virtual_ip: string) => ({
  type: 'peer_offline',
  peer_id: who,
  user_id: numberOf(who),
  virtual_ip,
});
