import type { RestDeps } from '../../protocol/rest-deps.js';
import type { Route } from '../../protocol/routes.js';
import { accountRoutes } from './rest/accounts.js';
import { channelRoutes } from './rest/channels.js';
import { memberRoutes } from './rest/members.js';
import { messageRoutes } from './rest/messages.js';
import { presenceRoutes } from './rest/presence.js';
import { sessionRoutes } from './rest/sessions.js';

export const routes = (deps: RestDeps): readonly Route[] => [
  ...accountRoutes(deps),
  ...sessionRoutes(deps),
  ...channelRoutes(deps),
  ...memberRoutes(deps),
  ...messageRoutes(deps),
  ...presenceRoutes(deps),
];
