import { ChannelId, Timestamp } from '@parley/contracts';
import type { AccountPrincipal } from '@parley/contracts';
import { z } from 'zod';
import type { RestDeps } from '../../../protocol/rest-deps.js';
import { route } from '../../../protocol/routes.js';
import type { Route } from '../../../protocol/routes.js';
import { EntryView, entryView } from '../entry-shapes.js';
import { MessageView, messageView } from '../message-shapes.js';
import { ChannelSummaryView, channelSummaryView } from '../shapes.js';
import { answers, ok } from './answers.js';
import { ChannelPath } from './channels.js';
import { EntryPage, MessagePage, Sequence, isOnePosition, messagePageView, placeOf } from './pages.js';
import { flag, limit, numberBetween } from './queries.js';

export const InboxEntry = z.object({ sequence: z.int(), channel: ChannelSummaryView, message: MessageView });
export const InboxPage = z.object({
  entries: z.array(InboxEntry),
  more: z.boolean(),
  head: z.int(),
  floor: z.int(),
});
export const InboxStreamEntry = z.object({ sequence: z.int(), channel: ChannelSummaryView, entry: EntryView });
export const InboxStreamPage = InboxPage.extend({ entries: z.array(InboxStreamEntry) });
export const PinnedMessages = z.object({ messages: z.array(MessageView) });
/** `next`: the `before` of the next page. */
export const MentionPage = z.object({ messages: z.array(MessageView), next: z.int().nullable() });

const HistoryQuery = z
  .object({
    after: Sequence.optional(),
    before: numberBetween(1, Number.MAX_SAFE_INTEGER).optional(),
    around: Sequence.optional(),
    aroundTime: Timestamp.optional(),
    /** Entries instead of messages: everything that happened after `after`. */
    entries: flag.default(false),
    limit: limit(500, 50),
  })
  .refine(isOnePosition, { path: ['before'], error: 'Give one of after, before, around and aroundTime' })
  .refine(
    ({ entries, before, around, aroundTime }) => !entries || isOnePosition({ after: 0, before, around, aroundTime }),
    {
      path: ['entries'],
      error: 'Entries are listed after a sequence',
    },
  );

type History = z.output<typeof HistoryQuery>;

export const messageListRoutes = (deps: RestDeps): Route[] => [
  historyRoute(deps),
  inboxRoute(deps),
  pinsRoute(deps),
  mentionsRoute(deps),
];

const historyRoute = ({ core }: RestDeps): Route => {
  const messages = async (channelId: ChannelId, query: History, principal: AccountPrincipal) => {
    const page = await core.chat.message.list({ channelId, ...placeOf(query) }, { principal });
    return messagePageView(page, query, principal.accountId);
  };
  const entries = async (channelId: ChannelId, { after = 0, limit: size }: History, principal: AccountPrincipal) => {
    const page = await core.chat.channel.entries({ channelId, after, limit: size }, { principal });
    return { ...page, entries: page.entries.map((each) => entryView(each, principal.accountId)) };
  };
  return route({
    method: 'get',
    path: '/v1/channels/:id/messages',
    operationId: 'listMessages',
    summary: 'List the messages of a channel by sequence, or its entries',
    access: 'account',
    params: ChannelPath,
    query: HistoryQuery,
    responses: answers(
      ok(
        'In ascending sequence: those after `after`, the last ones before `before` or the end, or those around a sequence or a time. With `entries=true`, everything that happened after `after`.',
        z.union([MessagePage, EntryPage]),
      ),
      401,
      403,
      404,
      422,
    ),
    handle: async ({ params, query, principal }) => ({
      body: await (query.entries ? entries : messages)(params.id, query, principal),
    }),
  });
};

const inboxRoute = ({ core }: RestDeps): Route => {
  const read = async (after: number, size: number, principal: AccountPrincipal) => {
    const page = await core.chat.inbox.list({ accountId: principal.accountId, after, limit: size }, { principal });
    const entries = page.entries.map(({ sequence, channel, message }) => ({
      sequence,
      channel: channelSummaryView(channel),
      message: messageView(message, principal.accountId),
    }));
    return { ...page, entries };
  };
  const readEntries = async (after: number, size: number, principal: AccountPrincipal) => {
    const page = await core.chat.inbox.entries({ accountId: principal.accountId, after, limit: size }, { principal });
    const entries = page.entries.map(({ sequence, channel, entry }) => ({
      sequence,
      channel: channelSummaryView(channel),
      entry: entryView(entry, principal.accountId),
    }));
    return { ...page, entries };
  };
  return route({
    method: 'get',
    path: '/v1/inbox',
    operationId: 'listInbox',
    summary: 'List the direct messages of the account in the order of its inbox, or its entries',
    access: 'account',
    query: z.object({ after: Sequence.default(0), entries: flag.default(false), limit: limit(500, 100) }),
    responses: answers(
      ok(
        'In ascending sequence of the inbox: those after `after`. With `entries=true`, changes of messages too.',
        z.union([InboxPage, InboxStreamPage]),
      ),
      401,
      422,
    ),
    handle: async ({ query: { after, entries, limit: size }, principal }) => ({
      body: await (entries ? readEntries : read)(after, size, principal),
    }),
  });
};

const pinsRoute = ({ core }: RestDeps): Route =>
  route({
    method: 'get',
    path: '/v1/channels/:id/pins',
    operationId: 'listPins',
    summary: 'List the pinned messages of a channel',
    access: 'account',
    params: ChannelPath,
    responses: answers(ok('The last pinned first; at most 100.', PinnedMessages), 401, 403, 404, 422),
    async handle({ params, principal }) {
      const messages = await core.chat.message.pins({ channelId: params.id }, { principal });
      return { body: { messages: messages.map((each) => messageView(each, principal.accountId)) } };
    },
  });

const mentionsRoute = ({ core }: RestDeps): Route =>
  route({
    method: 'get',
    path: '/v1/mentions',
    operationId: 'listMentions',
    summary: 'List the messages that mention the account',
    access: 'account',
    query: z.object({
      channelId: ChannelId.optional(),
      before: numberBetween(1, Number.MAX_SAFE_INTEGER).optional(),
      limit: limit(100, 50),
    }),
    responses: answers(
      ok('Newest first; next is the `before` of the page that follows, null at the end.', MentionPage),
      401,
      403,
      404,
      422,
    ),
    async handle({ query: { channelId, before, limit: size }, principal }) {
      const input = {
        limit: size,
        ...(channelId !== undefined && { channelId }),
        ...(before !== undefined && { before }),
      };
      const { messages, next } = await core.chat.message.mentions(input, { principal });
      return { body: { messages: messages.map((each) => messageView(each, principal.accountId)), next } };
    },
  });
