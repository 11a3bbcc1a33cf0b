import type { RestDeps } from '../../protocol/rest-deps.js';
import type { Route } from '../../protocol/routes.js';
import { accountRoutes } from './rest/accounts.js';
import { channelRoutes } from './rest/channels.js';
import { memberRoutes } from './rest/members.js';
import { directRoutes } from './rest/directs.js';
import { messageLifeRoutes } from './rest/message-life.js';
import { messageListRoutes } from './rest/message-lists.js';
import { sendRoutes } from './rest/messages.js';
import { presenceRoutes } from './rest/presence.js';
import { sessionRoutes } from './rest/sessions.js';
import { threadRoutes } from './rest/threads.js';

export const routes = (deps: RestDeps): readonly Route[] => [
  ...accountRoutes(deps),
  ...sessionRoutes(deps),
  ...channelRoutes(deps),
  ...memberRoutes(deps),
  ...directRoutes(deps),
  ...sendRoutes(deps),
  ...messageListRoutes(deps),
  ...messageLifeRoutes(deps),
  ...threadRoutes(deps),
  ...presenceRoutes(deps),
];
