import { notFound, ShortNumber } from '@parley/contracts';
import type { AccountPrincipal, Channel, Message } from '@parley/contracts';
import { z } from 'zod';
import type { RestDeps } from '../../protocol/rest-deps.js';
import { route } from '../../protocol/routes.js';
import type { Route } from '../../protocol/routes.js';
import { historyPages, recentPages, streamedArray } from '../shared/json-stream.js';
import { reactionRoutes } from './reactions.js';
import * as shapes from './shapes.js';
import { lastShown } from './last-message.js';

const unauthenticated = {
  401: { description: 'Could not validate credentials', schema: shapes.Detail },
  403: { description: 'Not authenticated: there was no Bearer header', schema: shapes.Detail },
};
const noRoom = { 404: { description: 'Room not found', schema: shapes.Detail } };
const ok = (schema: z.ZodType, description = 'OK') => ({ 200: { description, schema } });

export const routes = (deps: RestDeps): readonly Route[] => [
  ...accountRoutes(deps),
  ...roomRoutes(deps),
  ...reactionRoutes(deps),
];

const accountRoutes = ({ core, execute, anonymous, authentication }: RestDeps): readonly Route[] => [
  route({
    method: 'post',
    path: '/api/auth/signup',
    operationId: 'signUp',
    summary: 'Register a user',
    access: 'anyone',
    body: shapes.Credentials,
    responses: {
      ...ok(shapes.Notice),
      400: { description: 'Username already registered', schema: shapes.Detail },
    },
    async handle({ body: person, request }) {
      await execute({ type: 'account.register', person }, { principal: anonymous, request });
      return { body: { message: 'User registered successfully' } };
    },
  }),
  route({
    method: 'post',
    path: '/api/auth/login',
    operationId: 'signIn',
    summary: 'Exchange a user name and a password for tokens',
    access: 'anyone',
    body: shapes.Credentials,
    responses: {
      ...ok(shapes.Tokens),
      401: { description: 'Incorrect username or password', schema: shapes.Detail },
      429: { description: 'Too many failed attempts', schema: shapes.Detail },
    },
    async handle({ body: { username, password }, request }) {
      const command = { type: 'session.signIn' as const, login: username, by: 'username' as const, password };
      const { grant } = await authentication.guardSignIn(request, username, () =>
        execute(command, { principal: anonymous, request }),
      );
      return { body: toTokens(grant) };
    },
  }),
  route({
    method: 'post',
    path: '/api/auth/refresh',
    operationId: 'refreshTokens',
    summary: 'Exchange a refresh token for new tokens; it works once',
    access: 'anyone',
    body: shapes.RefreshToken,
    responses: {
      ...ok(shapes.Tokens),
      401: { description: 'Invalid or expired refresh token', schema: shapes.Detail },
    },
    async handle({ body: { refresh_token: refreshToken }, request }) {
      const command = { type: 'session.refresh' as const, refreshToken };
      const { grant } = await execute(command, { principal: anonymous, request });
      return { body: toTokens(grant) };
    },
  }),
  route({
    method: 'post',
    path: '/api/auth/logout',
    operationId: 'signOut',
    summary: 'End the session of this token',
    access: 'account',
    responses: { ...ok(shapes.Notice), ...unauthenticated },
    async handle({ principal, request }) {
      await execute({ type: 'session.end', sessionId: null }, { principal, request });
      return { body: { message: 'Successfully logged out' } };
    },
  }),
  route({
    method: 'get',
    path: '/api/auth/me',
    operationId: 'getOwnUser',
    summary: 'The signed-in user',
    access: 'account',
    responses: { ...ok(shapes.Me), ...unauthenticated },
    async handle({ principal }) {
      const me = await core.auth.account.me({}, { principal });
      const created_at = shapes.naiveTime(me.createdAt);
      return { body: { username: me.username ?? me.name, id: me.number, created_at } };
    },
  }),
];

const numberOf = (digits: string): number => {
  const number = ShortNumber.safeParse(Number(digits));
  if (!number.success) throw notFound('channel');
  return number.data;
};

const roomRoutes = ({ core, execute }: RestDeps): readonly Route[] => {
  const roomOf = async (room_id: string, principal: AccountPrincipal): Promise<Channel> => {
    const channel = await core.topics.channel.get({ reference: { number: numberOf(room_id) } }, { principal });
    if (channel.kind !== 'room') throw notFound('channel');
    return channel;
  };

  return [
    route({
      method: 'get',
      path: '/api/rooms',
      operationId: 'listRooms',
      summary: 'All rooms, newest first, each with its last message and how many were not read',
      access: 'account',
      responses: { ...ok(z.array(shapes.RoomWithLast)), ...unauthenticated },
      async handle({ principal }) {
        return { stream: await streamedArray(roomPages(core, principal), (room) => room) };
      },
    }),
    route({
      method: 'post',
      path: '/api/rooms',
      operationId: 'createRoom',
      summary: 'Create a room; names need not be unique',
      access: 'account',
      repeatable: true,
      body: shapes.NewRoom,
      responses: { ...ok(shapes.Room), ...unauthenticated },
      async handle({ body, principal, request }) {
        const command = { type: 'channel.create' as const, kind: 'room' as const, title: body.name };
        const { channel } = await execute(command, { principal, request });
        return { body: shapes.toRoom(channel) };
      },
    }),
    route({
      method: 'get',
      path: '/api/rooms/:room_id',
      operationId: 'getRoom',
      summary: 'One room',
      access: 'account',
      params: shapes.RoomPath,
      responses: { ...ok(shapes.Room), ...unauthenticated, ...noRoom },
      async handle({ params, principal }) {
        return { body: shapes.toRoom(await roomOf(params.room_id, principal)) };
      },
    }),
    route({
      method: 'post',
      path: '/api/rooms/:room_id/mark-read',
      operationId: 'markRoomRead',
      summary: 'Mark all messages of a room as read, and say how many were not',
      access: 'account',
      params: shapes.RoomPath,
      responses: { ...ok(shapes.MarkedRead), ...unauthenticated, ...noRoom },
      async handle({ params, principal, request }) {
        const channel = { number: numberOf(params.room_id), kinds: ['room' as const] };
        const command = { type: 'receipt.recordAll' as const, channel };
        const { unread: read_count } = await execute(command, { principal, request });
        return { body: { message: `Marked ${read_count} messages as read`, read_count } };
      },
    }),
    route({
      method: 'get',
      path: '/api/messages/:room_id',
      operationId: 'listMessages',
      summary: 'The whole history of a room, oldest first',
      access: 'account',
      params: shapes.RoomPath,
      responses: { ...ok(z.array(shapes.RoomMessage)), ...unauthenticated, ...noRoom },
      async handle({ params, principal }) {
        const room = await roomOf(params.room_id, principal);
        const shape = (message: Message) => shapes.toRoomMessage(room.number, message);
        return { stream: await streamedArray(historyPages(core, room.id, principal), shape) };
      },
    }),
    route({
      method: 'get',
      path: '/api/messages/:room_id/recent',
      operationId: 'listRecentMessages',
      summary: 'The last messages of a room, oldest of them first (at most 1,000)',
      access: 'account',
      params: shapes.RoomPath,
      query: shapes.RecentQuery,
      responses: { ...ok(z.array(shapes.RoomMessage)), ...unauthenticated, ...noRoom },
      async handle({ params, query, principal }) {
        const room = await roomOf(params.room_id, principal);
        const shape = (message: Message) => shapes.toRoomMessage(room.number, message);
        return { stream: await streamedArray(recentPages(core, room.id, principal, query.limit), shape) };
      },
    }),
  ];
};

const toTokens = (grant: { accessToken: string; refreshToken: string }): z.output<typeof shapes.Tokens> => ({
  access_token: grant.accessToken,
  refresh_token: grant.refreshToken,
  token_type: 'bearer',
});

type Core = RestDeps['core'];

async function* roomPages(core: Core, principal: AccountPrincipal): AsyncGenerator<unknown[]> {
  let before: number | undefined;
  do {
    const page = await core.topics.channel.list(
      { kinds: ['room'], limit: 200, ...(before === undefined ? {} : { before }) },
      { principal },
    );
    const summaries = await core.chat.channel.summaries(
      { channelIds: page.channels.map(({ id }) => id) },
      { principal },
    );
    const byId = new Map(summaries.map((summary) => [summary.channelId, summary]));
    const lastOf = await lastShown(core, summaries, principal);
    yield page.channels.map((channel) => {
      const summary = byId.get(channel.id);
      const { id, name, created_at } = shapes.toRoom(channel);
      const last = lastOf(channel.id);
      const last_message = last ? shapes.toLast(last) : null;
      return { id, name, created_at, last_message, unread_count: summary?.unread ?? 0 };
    });
    before = page.next ?? undefined;
  } while (before !== undefined);
}
