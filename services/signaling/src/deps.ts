import type { Handlers, Signaling } from '@parley/contracts';
import type { Organizations } from './store/organizations.js';

/** What use cases are closed over; each takes of it what it needs. */
export interface Deps {
  readonly organizations: Organizations;
}

export type OrganizationCall<Verb extends keyof Handlers<Signaling>['organization']> =
  Handlers<Signaling>['organization'][Verb];
