import { ChannelKind, DialectName, MemberRole, PresenceState } from '@parley/contracts';
import type { z } from 'zod';
import { FaultCode, Problem, ProblemIssue } from './problem.js';
import * as presence from './presence-shapes.js';
import {
  AccountPage,
  AccountUpdate,
  NewAccount,
  PasswordChange,
  PasswordConfirmation,
  SocketTicket,
} from './rest/accounts.js';
import { EntryView } from './entry-shapes.js';
import * as messages from './message-shapes.js';
import { ChannelPage, ChannelUpdate, ListedChannel, NewChannel, OneChannel } from './rest/channels.js';
import { DirectChannel, DirectPage, NewDirect, Partner } from './rest/directs.js';
import { MemberPage, MemberUpdate } from './rest/members.js';
import {
  MessageChange,
  MessageReaction,
  MessageReactions,
  MessageUpdate,
  MessageVersion,
  MessageVersions,
} from './rest/message-life.js';
import {
  InboxEntry,
  InboxPage,
  InboxStreamEntry,
  InboxStreamPage,
  MentionPage,
  PinnedMessages,
} from './rest/message-lists.js';
import { MessageReceipt, NewMessage } from './rest/messages.js';
import { EntryPage, MessagePage } from './rest/pages.js';
import { RefreshRequest, SessionList, SessionView, SessionsEnded, SignIn } from './rest/sessions.js';
import { SummaryView } from './rest/summaries.js';
import { ThreadPage, ThreadPosition, ThreadRead } from './rest/threads.js';
import * as shapes from './shapes.js';
import { ErrorBody, ResumedStream } from './socket-shapes.js';

/** The named schemas of this dialect's documents, and so of the SDK's types. */
export const schemas = {
  Account: shapes.AccountView,
  OwnAccount: shapes.OwnAccountView,
  AccountPage,
  NewAccount,
  AccountUpdate,
  PasswordChange,
  PasswordConfirmation,
  Grant: shapes.GrantView,
  SignIn,
  RefreshRequest,
  SocketTicket,
  DialectName,
  Session: SessionView,
  SessionList,
  SessionsEnded,
  ChannelKind,
  ChannelSummary: shapes.ChannelSummaryView,
  Channel: shapes.ChannelView,
  ChannelPage,
  NewChannel,
  ChannelUpdate,
  NewDirect,
  MemberRole,
  Member: shapes.MemberView,
  NamedMember: shapes.NamedMemberView,
  MemberPage,
  MemberUpdate,
  ChannelOverview: SummaryView,
  ListedChannel,
  OneChannel,
  Partner,
  DirectChannel,
  DirectPage,
  Sender: messages.SenderView,
  Content: messages.ContentView,
  TextContent: messages.TextContentView,
  EncryptedContent: messages.EncryptedContentView,
  NewContent: messages.SendableContent,
  Reaction: messages.ReactionView,
  Mentions: messages.MentionsView,
  Thread: messages.ThreadView,
  Message: messages.MessageView,
  CreatedMessage: messages.CreatedMessageView,
  Entry: EntryView,
  NewMessage,
  MessageReceipt,
  MessageUpdate,
  MessageChange,
  MessageVersion,
  MessageVersions,
  MessageReaction,
  MessageReactions,
  MessagePage,
  EntryPage,
  PinnedMessages,
  MentionPage,
  ThreadPage,
  ThreadRead,
  ThreadPosition,
  InboxEntry,
  InboxPage,
  InboxStreamEntry,
  InboxStreamPage,
  InputIssue: ProblemIssue,
  Problem,
  ResumedStream,
  PresenceState,
  AccountPresence: presence.AccountPresence,
  PresenceCounts: presence.PresenceCounts,
  Presence: presence.Presence,
  Preferences: presence.Preferences,
  PreferencesUpdate: presence.PreferencesUpdate,
  Receipt: presence.Receipt,
  ReceiptUpdate: presence.ReceiptUpdate,
  ReceiptPositions: presence.ReceiptPositions,
  ReceiptList: presence.ReceiptList,
  FaultCode,
  RpcError: ErrorBody,
} satisfies Record<string, z.ZodType>;
