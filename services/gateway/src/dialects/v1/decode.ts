import { AccountId, ChannelId, ClientId, Fault, asFault, text } from '@parley/contracts';
import { z } from 'zod';
import type { Decoded, ConnectionView } from '../../protocol/dialect.js';
import type { Command } from '../../protocol/command.js';
import { FrameFault, readRequest, resultFrame } from './rpc.js';
import type { Request } from './rpc.js';

const Sequence = z.int().min(0);

/** The content that a client of this dialect can send: plain text, not empty. */
export const SendableContent = z.object({ type: z.literal('text'), text: text(1, 16_384) });

const streamsPerResumeMax = 500;

const SendParams = z
  .object({
    channelId: ChannelId.optional(),
    directWith: AccountId.optional(),
    clientId: ClientId,
    content: SendableContent,
  })
  .transform(({ channelId, directWith, ...rest }, context) => {
    if (channelId !== undefined && directWith === undefined) return { target: { channelId }, ...rest };
    if (directWith !== undefined && channelId === undefined) return { target: { directWith }, ...rest };
    context.addIssue({ code: 'custom', message: 'Give either channelId or directWith' });
    return z.NEVER;
  });

const ResumeParams = z.object({
  inbox: Sequence.optional(),
  channels: z
    .record(ChannelId, Sequence)
    .refine((c) => Object.keys(c).length <= streamsPerResumeMax, `At most ${streamsPerResumeMax} channels at once`)
    .default({}),
});

type Method = (params: unknown) => Command;

const method =
  <S extends z.ZodType>(params: S, command: (params: z.output<S>) => Command): Method =>
  (value) => {
    const parsed = params.safeParse(value ?? {});
    if (!parsed.success) throw invalidParams(parsed.error);
    return command(parsed.data);
  };

const invalidParams = (error: z.ZodError): Fault => {
  const issue = error.issues[0];
  const place = ['params', ...(issue?.path ?? [])].join('.');
  return new Fault('invalid', 'invalid_params', `${place}: ${issue?.message ?? 'is not valid'}`);
};

// A Map, so that `constructor` and `__proto__` are unknown methods and nothing more.
const methods = new Map<string, Method>([
  [
    'session.refresh',
    method(z.object({ accessToken: z.string().min(1).max(4096) }), (p) => ({ type: 'token.renew', ...p })),
  ],
  [
    'session.resume',
    method(ResumeParams, ({ inbox, channels }) => ({
      type: 'session.resume',
      ...(inbox !== undefined && { inbox }),
      channels: new Map(Object.entries(channels) as [ChannelId, number][]),
    })),
  ],
  [
    'channel.attach',
    method(z.object({ channelId: ChannelId, after: Sequence.optional() }), ({ channelId, after }) => ({
      type: 'channel.attach',
      channelId,
      ...(after !== undefined && { after }),
    })),
  ],
  ['channel.detach', method(z.object({ channelId: ChannelId }), (p) => ({ type: 'channel.detach', ...p }))],
  ['message.send', method(SendParams, (p) => ({ type: 'message.send', ...p }))],
  ['typing.start', method(z.object({ channelId: ChannelId }), (p) => ({ type: 'typing.start', ...p }))],
  [
    'receipt.record',
    method(z.object({ channelId: ChannelId, sequence: Sequence }), (p) => ({ type: 'receipt.record', ...p })),
  ],
]);

const authenticate = method(z.object({ accessToken: z.string().min(1).max(4096) }), ({ accessToken }) => ({
  type: 'session.authenticate',
  credentials: { kind: 'token', token: accessToken },
}));

/** Decodes a frame into a command; `connection` is null until the socket is authenticated. */
export const decode = (frame: string, connection: ConnectionView | null): Decoded => {
  const request = readRequest(frame);
  try {
    const { requestId, traceparent } = request;
    return { command: commandOf(request, connection), requestId, ...(traceparent !== undefined && { traceparent }) };
  } catch (error) {
    throw new FrameFault(asFault(error), request.requestId);
  }
};

const commandOf = ({ method: name, params, requestId }: Request, connection: ConnectionView | null): Command => {
  if (name === 'session.authenticate') {
    if (connection) throw new Fault('conflict', 'already_authenticated', 'This connection is authenticated already');
    return authenticate(params);
  }
  if (!connection) throw new Fault('unauthenticated', 'no_token', 'Call session.authenticate first');
  if (name === 'ping') return pong(requestId);
  const known = methods.get(name);
  if (!known) throw new Fault('invalid', 'unknown_method', 'There is no such method');
  return known(params);
};

const pong = (requestId: Request['requestId']): Command => {
  const frame = resultFrame(requestId, {});
  return frame === null ? { type: 'nothing' } : { type: 'answer', frame };
};
