// One consistent set of examples for the documents of this dialect.

const accountId = '0198c5a2-1b2c-7d3e-8f40-51627384a5b6';
export const otherId = '0198c5a2-2c3d-7e4f-9051-627384a5b6c7';
export const channelId = '0198c5a2-7d1e-7a3b-9c4d-5e6f708192a3';
export const messageId = '0198c5a3-0f1e-7d2c-8b3a-49586776a5b4';
const sessionId = '0198c5a2-3d4e-7f50-a162-7384a5b6c7d8';
const sentAt = '2026-01-31T12:00:00.000Z';
const later = '2026-01-31T12:15:00.000Z';
export const accessToken = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIwMTk4In0.c2lnbmF0dXJl';

const account = { id: accountId, number: 7, name: 'Ada', username: 'ada' };
const ownAccount = {
  ...account,
  realm: 'main',
  kind: 'person',
  email: null,
  handle: 'ada',
  createdAt: '2026-01-01T08:30:00.000Z',
};
export const channelSummary = {
  id: channelId,
  number: 12,
  kind: 'room',
  slug: null,
  title: 'General',
  membershipVersion: 3,
};
export const channel = {
  ...channelSummary,
  metadata: { topic: 'Announcements' },
  createdBy: accountId,
  createdAt: '2026-01-01T08:31:00.000Z',
  closedAt: null,
};
export const member = { accountId: otherId, role: 'member', joinedAt: '2026-01-02T09:00:00.000Z' };
export const text = { type: 'text' as const, text: 'Hello, world!' };
const sender = { id: accountId, name: 'Ada', handle: 'ada' };
export const createdMessage = {
  id: messageId,
  number: 90210,
  channelId,
  sequence: 349,
  sender,
  clientId: 'a1',
  content: text,
  sentAt,
};
export const emoji = '👍';
const message = {
  ...createdMessage,
  editedAt: null,
  deletedAt: null,
  replyTo: null,
  threadRoot: null,
  inChannel: true,
  replyCount: 0,
  lastReplyAt: null,
  reactions: [{ emoji, count: 2, mine: true }],
  mentions: { accountIds: [], channel: false },
  pinnedAt: null,
};
const change = {
  channelId,
  sequence: 350,
  messageId,
  messageSequence: 349,
  actor: sender,
  clientId: 'b2',
  at: later,
};
export const newText = { type: 'text' as const, text: 'Hello, everybody!' };
export const editedEntry = {
  kind: 'message.edited' as const,
  ...change,
  content: newText,
  mentions: { accountIds: [], channel: false },
};
export const deletedEntry = { kind: 'message.deleted' as const, ...change, thread: null };
export const reactionEntry = { kind: 'reaction.added' as const, ...change, emoji, count: 1 };
export const pinnedEntry = { kind: 'message.pinned' as const, ...change };
export const sent = { id: messageId, number: 90210, channelId, sequence: 349, sentAt, repeated: false };
const thread = { rootId: messageId, replyCount: 1, lastReplyAt: later };
const page = { messages: [message], more: false, moreBefore: true, moreAfter: false, head: 350, floor: 0 };
const overview = { last: message, unread: 2, mentions: 1, read: 340, head: 350 };
const partner = { id: otherId, name: 'Grace' };
const directSummary = { ...channelSummary, kind: 'direct', title: '' };
const direct = { ...channel, ...directSummary, metadata: {}, partner, position: 13, ...overview };
const inboxStreamEntry = { sequence: 14, channel: directSummary, entry: editedEntry };
export const authenticated = { accountId, expiresAt: later };
export const rpcError = {
  code: -32003,
  message: 'You are not a member of this channel',
  data: { code: 'forbidden', reason: 'not_member' },
};

/** By the name of the schema. */
export const examples: Readonly<Record<string, unknown>> = {
  Account: account,
  OwnAccount: ownAccount,
  AccountPage: { accounts: [account], next: '7' },
  NewAccount: { username: 'ada', password: 'correct horse battery', name: 'Ada' },
  AccountUpdate: { name: 'Ada Lovelace' },
  PasswordChange: { current: 'correct horse battery', next: 'staple battery horse' },
  PasswordConfirmation: { password: 'correct horse battery' },
  Grant: {
    account: ownAccount,
    sessionId,
    tokenType: 'Bearer',
    accessToken,
    accessTokenExpiresAt: later,
    refreshToken: 'b3BhcXVlLXJlZnJlc2gtdG9rZW4',
    refreshTokenExpiresAt: '2026-03-02T12:00:00.000Z',
  },
  SignIn: { login: 'ada', password: 'correct horse battery' },
  RefreshRequest: { refreshToken: 'b3BhcXVlLXJlZnJlc2gtdG9rZW4' },
  SocketTicket: { ticket: 'dGlja2V0LWZvci1vbmUtc29ja2V0', expiresAt: '2026-01-31T12:00:30.000Z' },
  Session: {
    id: sessionId,
    dialect: 'v1',
    createdAt: sentAt,
    refreshedAt: sentAt,
    expiresAt: '2026-03-02T12:00:00.000Z',
    current: true,
  },
  SessionList: {
    sessions: [
      {
        id: sessionId,
        dialect: 'v1',
        createdAt: sentAt,
        refreshedAt: sentAt,
        expiresAt: '2026-03-02T12:00:00.000Z',
        current: true,
      },
    ],
  },
  SessionsEnded: { ended: 2 },
  ChannelSummary: channelSummary,
  Channel: channel,
  ChannelPage: { channels: [channel], next: null },
  NewChannel: { kind: 'room', title: 'General', metadata: { topic: 'Announcements' } },
  ChannelUpdate: { title: 'General discussion' },
  NewDirect: { accountId: otherId },
  Member: member,
  NamedMember: { ...member, name: 'Grace', handle: 'grace', username: 'grace' },
  MemberPage: { members: [{ ...member, name: 'Grace', handle: 'grace', username: 'grace' }], next: null },
  MemberUpdate: { role: 'admin' },
  Sender: { id: accountId, name: 'Ada', handle: 'ada' },
  Content: text,
  TextContent: text,
  EncryptedContent: { type: 'encrypted', mediaType: 'text', ciphertext: 'x2k0…' },
  NewContent: text,
  ChannelKind: 'room',
  MemberRole: 'member',
  DialectName: 'v1',
  FaultCode: 'forbidden',
  InputIssue: { where: 'body', path: ['title'], message: 'Must have at least 1 character' },
  Reaction: { emoji, count: 2, mine: true },
  Mentions: { accountIds: [otherId], channel: false },
  Thread: thread,
  Message: message,
  CreatedMessage: createdMessage,
  Entry: editedEntry,
  NewMessage: { clientId: 'a1', content: text },
  MessageReceipt: { message, inboxSequence: null, repeated: false, thread: null },
  MessageUpdate: { clientId: 'b2', content: newText },
  MessageChange: { entry: editedEntry, inboxSequence: null, repeated: false },
  MessageVersion: { content: text, actor: sender, at: sentAt },
  MessageVersions: { versions: [{ content: text, actor: sender, at: sentAt }] },
  MessageReaction: { emoji, account: { id: otherId, name: 'Grace' } },
  MessageReactions: { reactions: [{ emoji, account: { id: otherId, name: 'Grace' } }] },
  MessagePage: page,
  EntryPage: { entries: [editedEntry], more: false, head: 350, floor: 0 },
  PinnedMessages: { messages: [{ ...message, pinnedAt: later }] },
  MentionPage: { messages: [message], next: null },
  ThreadPage: { ...page, root: { ...message, replyCount: 1, lastReplyAt: later }, unread: 0, read: 350 },
  ThreadRead: { sequence: 350 },
  ThreadPosition: { sequence: 350, unread: 0 },
  ChannelOverview: overview,
  ListedChannel: { ...channel, ...overview },
  OneChannel: { ...channel, ...overview },
  Partner: partner,
  DirectChannel: direct,
  DirectPage: { directs: [direct], next: null },
  InboxStreamEntry: inboxStreamEntry,
  InboxStreamPage: { entries: [inboxStreamEntry], more: false, head: 14, floor: 0 },
  InboxEntry: { sequence: 13, channel: { ...channelSummary, kind: 'direct', title: '' }, message },
  InboxPage: {
    entries: [{ sequence: 13, channel: { ...channelSummary, kind: 'direct', title: '' }, message }],
    more: false,
    head: 13,
    floor: 0,
  },
  Problem: {
    type: '/docs/errors#not_member',
    title: 'Not allowed',
    status: 403,
    detail: 'You are not a member of this channel',
    code: 'forbidden',
    reason: 'not_member',
  },
  ResumedStream: { outcome: 'replayed', count: 1, head: 349 },
  RpcError: rpcError,
};
