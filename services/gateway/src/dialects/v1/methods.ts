import { ChannelId } from '@parley/contracts';
import { z } from 'zod';
import { defineMethods } from '../../protocol/methods.js';
import * as example from './examples.js';
import { messageMethods } from './methods-messages.js';
import { presenceMethods } from './methods-presence.js';
import { resultFrame } from './rpc.js';
import * as shapes from './socket-shapes.js';

const streamsPerResumeMax = 500;

const AccessToken = z.object({ accessToken: z.string().min(1).max(4096) });
const InChannel = z.object({ channelId: ChannelId });

const Resume = z.object({
  inbox: shapes.Sequence.optional(),
  channels: z
    .record(ChannelId, shapes.Sequence)
    .refine((c) => Object.keys(c).length <= streamsPerResumeMax, `At most ${streamsPerResumeMax} channels at once`)
    .default({}),
});

const { accessToken, channelId } = example;
const invalidTokens = ['invalid_token', 'token_expired', 'session_ended'];
const hidden = ['channel_not_found', 'not_member', 'barred'];

const connectionMethods = defineMethods({
  'session.authenticate': {
    summary: 'Authenticate the connection',
    description: 'The first frame of a connection whose handshake carried neither a token nor a ticket.',
    params: AccessToken,
    result: shapes.Authenticated,
    errors: [...invalidTokens, 'already_authenticated', 'too_many_connections'],
    example: { params: { accessToken }, result: example.authenticated },
    authenticates: true,
    command: (p) => ({ type: 'session.authenticate', credentials: { kind: 'token', token: p.accessToken } }),
  },
  'session.refresh': {
    summary: 'Replace the access token of the connection by a newer one of the same session',
    params: AccessToken,
    result: shapes.Refreshed,
    errors: invalidTokens,
    example: { params: { accessToken }, result: { expiresAt: example.authenticated.expiresAt } },
    command: (p) => ({ type: 'token.renew', ...p }),
  },
  'session.resume': {
    summary: 'Resume the inbox and several channels, each after its last received sequence',
    description: 'A stream that cannot be resumed is `refused` by itself; the others are resumed.',
    params: Resume,
    result: shapes.Resumed,
    errors: [],
    example: {
      params: { inbox: 12, channels: { [channelId]: 348 } },
      result: {
        inbox: { outcome: 'replayed', count: 1, head: 13 },
        channels: { [channelId]: { outcome: 'replayed', count: 1, head: 349 } },
      },
    },
    command: ({ inbox, channels }) => ({
      type: 'session.resume',
      ...(inbox !== undefined && { inbox }),
      channels: new Map(Object.entries(channels) as [ChannelId, number][]),
    }),
  },
  'channel.attach': {
    summary: 'Receive the events of a channel, from now on or from after a sequence',
    params: InChannel.extend({ after: shapes.Sequence.optional() }),
    result: shapes.Attached,
    errors: [...hidden, 'too_many_attached', 'head_unknown'],
    example: {
      params: { channelId, after: 348 },
      result: { outcome: 'replayed', count: 1, head: 349, channel: example.channelSummary },
    },
    command: ({ channelId: id, after }) => ({
      type: 'channel.attach',
      channelId: id,
      ...(after !== undefined && { after }),
    }),
  },
  'channel.detach': {
    summary: 'Stop receiving the events of a channel',
    params: InChannel,
    result: shapes.Empty,
    errors: [],
    example: { params: { channelId }, result: {} },
    command: (p) => ({ type: 'channel.detach', ...p }),
  },
  'typing.start': {
    summary: 'Notify the other subscribers of a channel that the account is typing',
    params: InChannel,
    result: shapes.Empty,
    errors: hidden,
    example: { params: { channelId }, result: {} },
    command: (p) => ({ type: 'typing.start', ...p }),
  },
  ping: {
    summary: 'Check that the connection works',
    params: z.unknown().optional(),
    result: shapes.Empty,
    errors: [],
    example: { params: {}, result: {} },
    command(_params, requestId) {
      const frame = resultFrame(requestId, {});
      return frame === null ? { type: 'nothing' } : { type: 'answer', frame };
    },
  },
});

/** Every method of the v1 socket: decoder, AsyncAPI, OpenRPC and the SDK's types are made from this table. */
export const methods = { ...connectionMethods, ...messageMethods, ...presenceMethods };

/** The reasons of faults that every method can end in. */
export const commonErrors = [
  'invalid_params',
  'no_token',
  'too_many_frames',
  'too_many_pending',
  'overloaded',
  'internal',
];
