import { ChannelKind, DialectName, MemberRole, PresenceState } from '@parley/contracts';
import type { z } from 'zod';
import { FaultCode, Problem, ProblemIssue } from './problem.js';
import * as presence from './presence-shapes.js';
import { AccountPage, NewAccount, PasswordChange, PasswordConfirmation, SocketTicket } from './rest/accounts.js';
import { ChannelPage, ChannelUpdate, NewChannel, NewDirect } from './rest/channels.js';
import { MemberPage, MemberUpdate } from './rest/members.js';
import { InboxEntry, InboxPage, MessagePage, MessageReceipt, NewMessage } from './rest/messages.js';
import { RefreshRequest, SessionList, SessionView, SessionsEnded, SignIn } from './rest/sessions.js';
import * as shapes from './shapes.js';
import { ErrorBody, ResumedStream } from './socket-shapes.js';

/** The named schemas of this dialect's documents, and so of the SDK's types. */
export const schemas = {
  Account: shapes.AccountView,
  OwnAccount: shapes.OwnAccountView,
  AccountPage,
  NewAccount,
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
  Sender: shapes.SenderView,
  Content: shapes.ContentView,
  TextContent: shapes.TextContentView,
  EncryptedContent: shapes.EncryptedContentView,
  NewContent: shapes.SendableContent,
  Message: shapes.MessageView,
  NewMessage,
  MessageReceipt,
  MessagePage,
  InboxEntry,
  InboxPage,
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
