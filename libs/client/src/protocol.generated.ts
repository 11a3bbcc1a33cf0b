// Generated from the schemas of the gateway by `npm run generate`. Do not edit.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    readonly Account: {
      /** Format: uuid */
      readonly id: string;
      readonly number: number;
      readonly name: string;
      readonly username: string | null;
    };
    readonly OwnAccount: {
      /** Format: uuid */
      readonly id: string;
      readonly number: number;
      readonly name: string;
      readonly username: string | null;
      readonly realm: string;
      /** @enum {string} */
      readonly kind: 'person' | 'device';
      readonly email: string | null;
      readonly handle: string;
      /** Format: date-time */
      readonly createdAt: string;
    };
    readonly AccountPage: {
      readonly accounts: readonly components['schemas']['Account'][];
      readonly next: string | null;
    };
    readonly NewAccount: {
      readonly username: string;
      readonly password: string;
      readonly name?: string;
      readonly realm?: string;
    };
    readonly AccountUpdate: {
      readonly name: string;
    };
    readonly PasswordChange: {
      readonly current: string;
      readonly next: string;
    };
    readonly PasswordConfirmation: {
      readonly password: string;
    };
    readonly Grant: {
      readonly account: components['schemas']['OwnAccount'];
      /** Format: uuid */
      readonly sessionId: string;
      readonly tokenType: 'Bearer';
      readonly accessToken: string;
      /** Format: date-time */
      readonly accessTokenExpiresAt: string;
      readonly refreshToken: string;
      /** Format: date-time */
      readonly refreshTokenExpiresAt: string;
    };
    readonly SignIn: {
      readonly login: string;
      readonly password: string;
      readonly realm?: string;
    };
    readonly RefreshRequest: {
      readonly refreshToken: string;
      readonly realm?: string;
    };
    readonly SocketTicket: {
      readonly ticket: string;
      /** Format: date-time */
      readonly expiresAt: string;
    };
    /** @enum {string} */
    readonly DialectName: 'v1' | 'swifty' | 'rooms' | 'mesh' | 'fluent' | 'conversations';
    readonly Session: {
      /** Format: uuid */
      readonly id: string;
      readonly dialect: components['schemas']['DialectName'];
      /** Format: date-time */
      readonly createdAt: string;
      /** Format: date-time */
      readonly refreshedAt: string;
      /** Format: date-time */
      readonly expiresAt: string;
      readonly current: boolean;
    };
    readonly SessionList: {
      readonly sessions: readonly components['schemas']['Session'][];
    };
    readonly SessionsEnded: {
      readonly ended: number;
    };
    /** @enum {string} */
    readonly ChannelKind: 'room' | 'group' | 'direct' | 'topic';
    readonly ChannelSummary: {
      /** Format: uuid */
      readonly id: string;
      readonly number: number;
      readonly kind: components['schemas']['ChannelKind'];
      readonly slug: string | null;
      readonly title: string;
      readonly membershipVersion: number;
    };
    readonly Channel: {
      /** Format: uuid */
      readonly id: string;
      readonly number: number;
      readonly kind: components['schemas']['ChannelKind'];
      readonly slug: string | null;
      readonly title: string;
      /** At most 4,096 bytes as JSON and 32 levels deep */
      readonly metadata: {
        readonly [key: string]: unknown;
      };
      readonly membershipVersion: number;
      readonly createdBy: string | null;
      /** Format: date-time */
      readonly createdAt: string;
      readonly closedAt: string | null;
    };
    readonly ChannelPage: {
      readonly channels: readonly components['schemas']['ListedChannel'][];
      readonly next: string | null;
    };
    readonly ListedChannel: {
      /** Format: uuid */
      readonly id: string;
      readonly number: number;
      readonly kind: components['schemas']['ChannelKind'];
      readonly slug: string | null;
      readonly title: string;
      /** At most 4,096 bytes as JSON and 32 levels deep */
      readonly metadata: {
        readonly [key: string]: unknown;
      };
      readonly membershipVersion: number;
      readonly createdBy: string | null;
      /** Format: date-time */
      readonly createdAt: string;
      readonly closedAt: string | null;
      readonly last?: components['schemas']['Message'] | null;
      readonly unread?: number;
      readonly mentions?: number;
      readonly read?: number;
      readonly head?: number;
    };
    readonly Message: {
      /** Format: uuid */
      readonly id: string;
      readonly number: number;
      /** Format: uuid */
      readonly channelId: string;
      readonly sequence: number;
      readonly sender: components['schemas']['Sender'];
      readonly clientId: string | null;
      readonly content: components['schemas']['Content'];
      /** Format: date-time */
      readonly sentAt: string;
      readonly editedAt: string | null;
      readonly deletedAt: string | null;
      readonly replyTo: string | null;
      readonly threadRoot: string | null;
      readonly inChannel: boolean;
      readonly replyCount: number;
      readonly lastReplyAt: string | null;
      readonly reactions: readonly components['schemas']['Reaction'][];
      readonly mentions: components['schemas']['Mentions'];
      readonly pinnedAt: string | null;
    };
    readonly Mentions: {
      readonly accountIds: readonly string[];
      readonly channel: boolean;
    };
    readonly Reaction: {
      readonly emoji: string;
      readonly count: number;
      readonly mine: boolean;
    };
    readonly Content: components['schemas']['TextContent'] | components['schemas']['EncryptedContent'];
    readonly EncryptedContent: {
      readonly type: 'encrypted';
      readonly mediaType: string;
      readonly ciphertext: string | null;
    };
    readonly TextContent: {
      readonly type: 'text';
      readonly text: string;
    };
    readonly Sender: {
      /** Format: uuid */
      readonly id: string;
      readonly name: string;
      readonly handle: string;
    };
    readonly NewChannel: {
      /** @enum {string} */
      readonly kind: 'room' | 'group' | 'topic';
      readonly title: string;
      readonly slug?: string;
      /** At most 4,096 bytes as JSON and 32 levels deep */
      readonly metadata?: {
        readonly [key: string]: unknown;
      };
      readonly memberIds?: readonly string[];
    };
    readonly ChannelUpdate: {
      readonly title: string;
    };
    readonly NewDirect: {
      /** Format: uuid */
      readonly accountId: string;
    };
    /** @enum {string} */
    readonly MemberRole: 'owner' | 'admin' | 'member';
    readonly Member: {
      /** Format: uuid */
      readonly accountId: string;
      readonly role: components['schemas']['MemberRole'];
      /** Format: date-time */
      readonly joinedAt: string;
    };
    readonly NamedMember: {
      /** Format: uuid */
      readonly accountId: string;
      readonly role: components['schemas']['MemberRole'];
      /** Format: date-time */
      readonly joinedAt: string;
      readonly name: string | null;
      readonly handle: string | null;
      readonly username: string | null;
    };
    readonly MemberPage: {
      readonly members: readonly components['schemas']['NamedMember'][];
      readonly next: string | null;
    };
    readonly MemberUpdate: {
      readonly role?: components['schemas']['MemberRole'];
    };
    readonly ChannelOverview: {
      readonly last: components['schemas']['Message'] | null;
      readonly unread: number;
      readonly mentions: number;
      readonly read: number;
      readonly head: number;
    };
    readonly OneChannel: {
      /** Format: uuid */
      readonly id: string;
      readonly number: number;
      readonly kind: components['schemas']['ChannelKind'];
      readonly slug: string | null;
      readonly title: string;
      /** At most 4,096 bytes as JSON and 32 levels deep */
      readonly metadata: {
        readonly [key: string]: unknown;
      };
      readonly membershipVersion: number;
      readonly createdBy: string | null;
      /** Format: date-time */
      readonly createdAt: string;
      readonly closedAt: string | null;
      readonly last?: components['schemas']['Message'] | null;
      readonly unread?: number;
      readonly mentions?: number;
      readonly read?: number;
      readonly head?: number;
      readonly partner?: components['schemas']['Partner'];
    };
    readonly Partner: {
      /** Format: uuid */
      readonly id: string;
      readonly name: string | null;
    };
    readonly DirectChannel: {
      /** Format: uuid */
      readonly id: string;
      readonly number: number;
      readonly kind: components['schemas']['ChannelKind'];
      readonly slug: string | null;
      readonly title: string;
      /** At most 4,096 bytes as JSON and 32 levels deep */
      readonly metadata: {
        readonly [key: string]: unknown;
      };
      readonly membershipVersion: number;
      readonly createdBy: string | null;
      /** Format: date-time */
      readonly createdAt: string;
      readonly closedAt: string | null;
      readonly partner: components['schemas']['Partner'];
      readonly position: number;
      readonly last?: components['schemas']['Message'] | null;
      readonly unread?: number;
      readonly mentions?: number;
      readonly read?: number;
      readonly head?: number;
    };
    readonly DirectPage: {
      readonly directs: readonly components['schemas']['DirectChannel'][];
      readonly next: number | null;
    };
    readonly NewContent: {
      readonly type: 'text';
      readonly text: string;
    };
    readonly Thread: {
      /** Format: uuid */
      readonly rootId: string;
      readonly replyCount: number;
      readonly lastReplyAt: string | null;
    };
    readonly CreatedMessage: {
      /** Format: uuid */
      readonly id: string;
      readonly number: number;
      /** Format: uuid */
      readonly channelId: string;
      readonly sequence: number;
      readonly sender: components['schemas']['Sender'];
      readonly clientId: string | null;
      readonly content: components['schemas']['Content'];
      /** Format: date-time */
      readonly sentAt: string;
      readonly editedAt?: string | null;
      readonly deletedAt?: string | null;
      readonly replyTo?: string | null;
      readonly threadRoot?: string | null;
      readonly inChannel?: boolean;
      readonly replyCount?: number;
      readonly lastReplyAt?: string | null;
      readonly reactions?: readonly components['schemas']['Reaction'][];
      readonly mentions?: components['schemas']['Mentions'];
      readonly pinnedAt?: string | null;
    };
    readonly Entry:
      | {
          readonly kind: 'message.created';
          readonly sequence: number;
          readonly message: components['schemas']['Message'];
          readonly thread: components['schemas']['Thread'] | null;
        }
      | {
          readonly kind: 'message.edited';
          /** Format: uuid */
          readonly channelId: string;
          readonly sequence: number;
          /** Format: uuid */
          readonly messageId: string;
          readonly messageSequence: number;
          readonly actor: components['schemas']['Sender'];
          readonly clientId: string | null;
          /** Format: date-time */
          readonly at: string;
          readonly content: components['schemas']['Content'];
          readonly mentions: components['schemas']['Mentions'];
        }
      | {
          readonly kind: 'message.deleted';
          /** Format: uuid */
          readonly channelId: string;
          readonly sequence: number;
          /** Format: uuid */
          readonly messageId: string;
          readonly messageSequence: number;
          readonly actor: components['schemas']['Sender'];
          readonly clientId: string | null;
          /** Format: date-time */
          readonly at: string;
          readonly thread: components['schemas']['Thread'] | null;
        }
      | {
          readonly kind: 'reaction.added';
          /** Format: uuid */
          readonly channelId: string;
          readonly sequence: number;
          /** Format: uuid */
          readonly messageId: string;
          readonly messageSequence: number;
          readonly actor: components['schemas']['Sender'];
          readonly clientId: string | null;
          /** Format: date-time */
          readonly at: string;
          readonly emoji: string;
          readonly count: number;
        }
      | {
          readonly kind: 'reaction.removed';
          /** Format: uuid */
          readonly channelId: string;
          readonly sequence: number;
          /** Format: uuid */
          readonly messageId: string;
          readonly messageSequence: number;
          readonly actor: components['schemas']['Sender'];
          readonly clientId: string | null;
          /** Format: date-time */
          readonly at: string;
          readonly emoji: string;
          readonly count: number;
        }
      | {
          readonly kind: 'message.pinned';
          /** Format: uuid */
          readonly channelId: string;
          readonly sequence: number;
          /** Format: uuid */
          readonly messageId: string;
          readonly messageSequence: number;
          readonly actor: components['schemas']['Sender'];
          readonly clientId: string | null;
          /** Format: date-time */
          readonly at: string;
        }
      | {
          readonly kind: 'message.unpinned';
          /** Format: uuid */
          readonly channelId: string;
          readonly sequence: number;
          /** Format: uuid */
          readonly messageId: string;
          readonly messageSequence: number;
          readonly actor: components['schemas']['Sender'];
          readonly clientId: string | null;
          /** Format: date-time */
          readonly at: string;
        };
    readonly NewMessage: {
      readonly clientId: string;
      readonly content: components['schemas']['NewContent'];
      /** Format: uuid */
      readonly replyTo?: string;
      /** Format: uuid */
      readonly threadRoot?: string;
      readonly alsoInChannel?: boolean;
    };
    readonly MessageReceipt: {
      readonly message: components['schemas']['Message'];
      readonly inboxSequence: number | null;
      readonly repeated: boolean;
      readonly thread: components['schemas']['Thread'] | null;
    };
    readonly MessageUpdate: {
      readonly clientId?: string;
      readonly content: components['schemas']['NewContent'];
    };
    readonly MessageChange: {
      readonly entry: components['schemas']['Entry'];
      readonly inboxSequence: number | null;
      readonly repeated: boolean;
    };
    readonly MessageVersion: {
      readonly content: components['schemas']['Content'];
      readonly actor: components['schemas']['Sender'];
      /** Format: date-time */
      readonly at: string;
    };
    readonly MessageVersions: {
      readonly versions: readonly components['schemas']['MessageVersion'][];
    };
    readonly MessageReaction: {
      readonly emoji: string;
      readonly account: {
        /** Format: uuid */
        readonly id: string;
        readonly name: string | null;
      };
    };
    readonly MessageReactions: {
      readonly reactions: readonly components['schemas']['MessageReaction'][];
    };
    readonly MessagePage: {
      readonly messages: readonly components['schemas']['Message'][];
      readonly more: boolean;
      readonly moreBefore: boolean;
      readonly moreAfter: boolean;
      readonly head: number;
      readonly floor: number;
    };
    readonly EntryPage: {
      readonly entries: readonly components['schemas']['Entry'][];
      readonly more: boolean;
      readonly head: number;
      readonly floor: number;
    };
    readonly PinnedMessages: {
      readonly messages: readonly components['schemas']['Message'][];
    };
    readonly MentionPage: {
      readonly messages: readonly components['schemas']['Message'][];
      readonly next: number | null;
    };
    readonly ThreadPage: {
      readonly messages: readonly components['schemas']['Message'][];
      readonly more: boolean;
      readonly moreBefore: boolean;
      readonly moreAfter: boolean;
      readonly head: number;
      readonly floor: number;
      readonly root: components['schemas']['Message'];
      readonly unread: number;
      readonly read: number;
    };
    readonly ThreadRead: {
      readonly sequence: number;
    };
    readonly ThreadPosition: {
      readonly sequence: number;
      readonly unread: number;
    };
    readonly InboxEntry: {
      readonly sequence: number;
      readonly channel: components['schemas']['ChannelSummary'];
      readonly message: components['schemas']['Message'];
    };
    readonly InboxPage: {
      readonly entries: readonly components['schemas']['InboxEntry'][];
      readonly more: boolean;
      readonly head: number;
      readonly floor: number;
    };
    readonly InboxStreamEntry: {
      readonly sequence: number;
      readonly channel: components['schemas']['ChannelSummary'];
      readonly entry: components['schemas']['Entry'];
    };
    readonly InboxStreamPage: {
      readonly entries: readonly components['schemas']['InboxStreamEntry'][];
      readonly more: boolean;
      readonly head: number;
      readonly floor: number;
    };
    readonly InputIssue: {
      /** @enum {string} */
      readonly where: 'body' | 'query' | 'path';
      readonly path: readonly (string | number)[];
      readonly message: string;
    };
    readonly Problem: {
      readonly type: string;
      readonly title: string;
      readonly status: number;
      readonly detail: string;
      readonly code: components['schemas']['FaultCode'];
      readonly reason: string;
      readonly traceId?: string;
      readonly issues?: readonly components['schemas']['InputIssue'][];
    };
    /** @enum {string} */
    readonly FaultCode:
      | 'invalid'
      | 'unauthenticated'
      | 'forbidden'
      | 'not_found'
      | 'conflict'
      | 'exhausted'
      | 'rate_limited'
      | 'unavailable'
      | 'internal';
    readonly ResumedStream:
      | {
          readonly outcome: 'replayed';
          readonly count: number;
          readonly head: number;
        }
      | {
          readonly outcome: 'reset';
          readonly head: number;
          readonly floor: number;
        }
      | {
          readonly outcome: 'refused';
          readonly error: components['schemas']['RpcError'];
        };
    readonly RpcError: {
      readonly code: number;
      readonly message: string;
      readonly data: {
        readonly code: components['schemas']['FaultCode'];
        readonly reason: string;
        readonly retryAfterMs?: number;
      };
    };
    /** @enum {string} */
    readonly PresenceState: 'online' | 'away' | 'offline';
    readonly AccountPresence: {
      /** Format: uuid */
      readonly accountId: string;
      readonly state: components['schemas']['PresenceState'];
      readonly lastSeenAt: string | null;
    };
    readonly PresenceCounts: {
      readonly members: number;
      readonly online: number;
      readonly away: number;
    };
    readonly Presence: {
      readonly accounts: readonly components['schemas']['AccountPresence'][];
      readonly counts: components['schemas']['PresenceCounts'] | null;
    };
    readonly Preferences: {
      readonly sharesReceipts: boolean;
      readonly invisible: boolean;
    };
    readonly PreferencesUpdate: {
      readonly sharesReceipts?: boolean;
      readonly invisible?: boolean;
    };
    readonly Receipt: {
      readonly read: number;
      readonly delivered: number;
      /** Format: uuid */
      readonly accountId: string;
    };
    readonly ReceiptUpdate: {
      readonly read?: number;
      readonly delivered?: number;
    };
    readonly ReceiptPositions: {
      readonly read: number;
      readonly delivered: number;
    };
    readonly ReceiptList: {
      readonly positions: readonly components['schemas']['Receipt'][];
      readonly total: number;
      readonly counts: components['schemas']['ReceiptPositions'] | null;
    };
    readonly Methods: {
      readonly 'session.authenticate': {
        readonly params: {
          readonly accessToken: string;
        };
        readonly result: {
          /** Format: uuid */
          readonly accountId: string;
          /** Format: date-time */
          readonly expiresAt: string;
        };
      };
      readonly 'session.refresh': {
        readonly params: {
          readonly accessToken: string;
        };
        readonly result: {
          /** Format: date-time */
          readonly expiresAt: string;
        };
      };
      readonly 'session.resume': {
        readonly params: {
          readonly inbox?: number;
          /** @default {} */
          readonly channels: {
            readonly [key: string]: number;
          };
        };
        readonly result: {
          readonly inbox?: components['schemas']['ResumedStream'];
          readonly channels: {
            readonly [key: string]: components['schemas']['ResumedStream'];
          };
        };
      };
      readonly 'channel.attach': {
        readonly params: {
          /** Format: uuid */
          readonly channelId: string;
          readonly after?: number;
        };
        readonly result:
          | {
              readonly outcome: 'replayed';
              readonly count: number;
              readonly head: number;
              readonly channel: components['schemas']['ChannelSummary'];
            }
          | {
              readonly outcome: 'reset';
              readonly head: number;
              readonly floor: number;
              readonly channel: components['schemas']['ChannelSummary'];
            };
      };
      readonly 'channel.detach': {
        readonly params: {
          /** Format: uuid */
          readonly channelId: string;
        };
        readonly result: Record<string, never>;
      };
      readonly 'typing.start': {
        readonly params: {
          /** Format: uuid */
          readonly channelId: string;
        };
        readonly result: Record<string, never>;
      };
      readonly ping: {
        readonly params: unknown;
        readonly result: Record<string, never>;
      };
      readonly 'message.send': {
        readonly params: {
          /** Format: uuid */
          readonly channelId?: string;
          /** Format: uuid */
          readonly directWith?: string;
          readonly clientId: string;
          readonly content: components['schemas']['NewContent'];
          /** Format: uuid */
          readonly replyTo?: string;
          /** Format: uuid */
          readonly threadRoot?: string;
          readonly alsoInChannel?: boolean;
        };
        readonly result: {
          /** Format: uuid */
          readonly id: string;
          readonly number: number;
          /** Format: uuid */
          readonly channelId: string;
          readonly sequence: number;
          /** Format: date-time */
          readonly sentAt: string;
          readonly inboxSequence?: number;
          readonly repeated: boolean;
          readonly thread?: components['schemas']['Thread'];
        };
      };
      readonly 'message.edit': {
        readonly params: {
          /** Format: uuid */
          readonly messageId: string;
          readonly clientId: string;
          /** Format: uuid */
          readonly channelId?: string;
          readonly content: components['schemas']['NewContent'];
        };
        readonly result: {
          readonly entry: components['schemas']['Entry'];
          readonly repeated: boolean;
          readonly inboxSequence?: number;
        };
      };
      readonly 'message.delete': {
        readonly params: {
          /** Format: uuid */
          readonly messageId: string;
          readonly clientId: string;
          /** Format: uuid */
          readonly channelId?: string;
        };
        readonly result: {
          readonly entry: components['schemas']['Entry'];
          readonly repeated: boolean;
          readonly inboxSequence?: number;
        };
      };
      readonly 'message.react': {
        readonly params: {
          /** Format: uuid */
          readonly messageId: string;
          readonly clientId: string;
          /** Format: uuid */
          readonly channelId?: string;
          readonly emoji: string;
        };
        readonly result: {
          readonly entry: components['schemas']['Entry'];
          readonly repeated: boolean;
          readonly inboxSequence?: number;
        };
      };
      readonly 'message.unreact': {
        readonly params: {
          /** Format: uuid */
          readonly messageId: string;
          readonly clientId: string;
          /** Format: uuid */
          readonly channelId?: string;
          readonly emoji: string;
        };
        readonly result: {
          readonly entry: components['schemas']['Entry'];
          readonly repeated: boolean;
          readonly inboxSequence?: number;
        };
      };
      readonly 'message.pin': {
        readonly params: {
          /** Format: uuid */
          readonly messageId: string;
          readonly clientId: string;
          /** Format: uuid */
          readonly channelId?: string;
        };
        readonly result: {
          readonly entry: components['schemas']['Entry'];
          readonly repeated: boolean;
          readonly inboxSequence?: number;
        };
      };
      readonly 'message.unpin': {
        readonly params: {
          /** Format: uuid */
          readonly messageId: string;
          readonly clientId: string;
          /** Format: uuid */
          readonly channelId?: string;
        };
        readonly result: {
          readonly entry: components['schemas']['Entry'];
          readonly repeated: boolean;
          readonly inboxSequence?: number;
        };
      };
      readonly 'receipt.record': {
        readonly params: {
          /** Format: uuid */
          readonly channelId: string;
          readonly read?: number;
          readonly delivered?: number;
          readonly sequence?: number;
        };
        readonly result: {
          readonly read: number;
          readonly delivered: number;
          readonly sequence: number;
        };
      };
      readonly 'presence.subscribe': {
        readonly params: {
          /** Format: uuid */
          readonly channelId?: string;
          readonly accountIds?: readonly string[];
        };
        readonly result: components['schemas']['Presence'];
      };
      readonly 'presence.unsubscribe': {
        readonly params: {
          /** Format: uuid */
          readonly channelId?: string;
          readonly accountIds?: readonly string[];
        };
        readonly result: Record<string, never>;
      };
      readonly 'presence.set': {
        readonly params: {
          /** @enum {string} */
          readonly state: 'online' | 'away' | 'invisible';
        };
        readonly result: {
          /** @enum {string} */
          readonly state: 'online' | 'away' | 'invisible';
        };
      };
    };
    readonly Notifications: {
      readonly 'session.opened': {
        readonly connectionId: string;
        /** Format: uuid */
        readonly accountId: string;
        /** Format: date-time */
        readonly expiresAt: string;
      };
      readonly 'session.goaway': {
        readonly reconnectAfterMs: number;
      };
      readonly 'message.created': {
        readonly message: components['schemas']['CreatedMessage'];
        readonly thread?: components['schemas']['Thread'];
        readonly inboxSequence?: number;
      };
      readonly 'message.edited': {
        /** Format: uuid */
        readonly channelId: string;
        readonly sequence: number;
        /** Format: uuid */
        readonly messageId: string;
        readonly messageSequence: number;
        readonly actor: components['schemas']['Sender'];
        readonly clientId: string | null;
        /** Format: date-time */
        readonly at: string;
        readonly content: components['schemas']['Content'];
        readonly mentions: components['schemas']['Mentions'];
        readonly inboxSequence?: number;
      };
      readonly 'message.deleted': {
        /** Format: uuid */
        readonly channelId: string;
        readonly sequence: number;
        /** Format: uuid */
        readonly messageId: string;
        readonly messageSequence: number;
        readonly actor: components['schemas']['Sender'];
        readonly clientId: string | null;
        /** Format: date-time */
        readonly at: string;
        readonly thread: components['schemas']['Thread'] | null;
        readonly inboxSequence?: number;
      };
      readonly 'reaction.added': {
        /** Format: uuid */
        readonly channelId: string;
        readonly sequence: number;
        /** Format: uuid */
        readonly messageId: string;
        readonly messageSequence: number;
        readonly actor: components['schemas']['Sender'];
        readonly clientId: string | null;
        /** Format: date-time */
        readonly at: string;
        readonly emoji: string;
        readonly count: number;
        readonly inboxSequence?: number;
      };
      readonly 'reaction.removed': {
        /** Format: uuid */
        readonly channelId: string;
        readonly sequence: number;
        /** Format: uuid */
        readonly messageId: string;
        readonly messageSequence: number;
        readonly actor: components['schemas']['Sender'];
        readonly clientId: string | null;
        /** Format: date-time */
        readonly at: string;
        readonly emoji: string;
        readonly count: number;
        readonly inboxSequence?: number;
      };
      readonly 'message.pinned': {
        /** Format: uuid */
        readonly channelId: string;
        readonly sequence: number;
        /** Format: uuid */
        readonly messageId: string;
        readonly messageSequence: number;
        readonly actor: components['schemas']['Sender'];
        readonly clientId: string | null;
        /** Format: date-time */
        readonly at: string;
        readonly inboxSequence?: number;
      };
      readonly 'message.unpinned': {
        /** Format: uuid */
        readonly channelId: string;
        readonly sequence: number;
        /** Format: uuid */
        readonly messageId: string;
        readonly messageSequence: number;
        readonly actor: components['schemas']['Sender'];
        readonly clientId: string | null;
        /** Format: date-time */
        readonly at: string;
        readonly inboxSequence?: number;
      };
      readonly 'typing.started': {
        /** Format: uuid */
        readonly channelId: string;
        readonly account: {
          /** Format: uuid */
          readonly id: string;
          readonly name: string;
        };
      };
      readonly 'member.added': {
        /** Format: uuid */
        readonly channelId: string;
        readonly membershipVersion: number;
        readonly member: components['schemas']['Member'];
      };
      readonly 'member.changed': {
        /** Format: uuid */
        readonly channelId: string;
        readonly membershipVersion: number;
        readonly member: components['schemas']['Member'];
      };
      readonly 'member.removed': {
        /** Format: uuid */
        readonly channelId: string;
        readonly membershipVersion: number;
        /** Format: uuid */
        readonly accountId: string;
      };
      readonly 'channel.changed': {
        readonly channel: components['schemas']['Channel'];
      };
      readonly 'presence.changed': components['schemas']['AccountPresence'];
      readonly 'presence.counted': {
        readonly members: number;
        readonly online: number;
        readonly away: number;
        /** Format: uuid */
        readonly channelId: string;
      };
      readonly 'receipt.changed': {
        readonly read: number;
        readonly delivered: number;
        /** Format: uuid */
        readonly accountId: string;
        /** Format: uuid */
        readonly channelId: string;
      };
      readonly 'preferences.changed': components['schemas']['Preferences'];
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
