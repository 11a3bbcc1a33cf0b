import type { Handlers, Topics } from '@parley/contracts';
import type { ImportGate } from '@parley/postgres';
import type { Accounts } from './accounts.js';
import type { Announce } from './announce.js';
import type { TopicsConfig } from './config.js';
import type { Channels } from './store/channels.js';
import type { ChannelImports } from './store/imports.js';
import type { Members } from './store/members.js';

/** Dependencies of the use cases; each takes the part that it needs. */
export interface Deps {
  readonly channels: Channels;
  readonly members: Members;
  readonly accounts: Accounts;
  readonly announce: Announce;
  readonly limits: TopicsConfig;
  readonly imports: ChannelImports;
  /** Refuses a realm that is being imported. */
  readonly importGate: ImportGate;
}

export type ChannelCall<Verb extends keyof Handlers<Topics>['channel']> = Handlers<Topics>['channel'][Verb];
export type MemberCall<Verb extends keyof Handlers<Topics>['member']> = Handlers<Topics>['member'][Verb];
