import { AccountId, ChannelId, ClientId, Fault, asFault, text } from '@parley/contracts';
import { z } from 'zod';
import type { Decoded, Intent, Session } from '../dialect.js';
import { FrameFault, readRequest, result } from './rpc.js';
import type { Request } from './rpc.js';

const Sequence = z.int().min(0);

/** What can be sent over this wire: plain text, not empty. */
export const SendableContent = z.object({ type: z.literal('text'), text: text(1, 16_384) });

export const streamsPerResumeMax = 500;

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

type Method = (params: unknown) => Intent;

const method =
  <S extends z.ZodType>(params: S, intent: (params: z.output<S>) => Intent): Method =>
  (value) => {
    const parsed = params.safeParse(value ?? {});
    if (!parsed.success) throw invalidParams(parsed.error);
    return intent(parsed.data);
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
    method(z.object({ accessToken: z.string().min(1).max(4096) }), (p) => ({ do: 'token.renew', ...p })),
  ],
  [
    'session.resume',
    method(ResumeParams, ({ inbox, channels }) => ({
      do: 'session.resume',
      ...(inbox !== undefined && { inbox }),
      channels: new Map(Object.entries(channels) as [ChannelId, number][]),
    })),
  ],
  [
    'channel.attach',
    method(z.object({ channelId: ChannelId, after: Sequence.optional() }), ({ channelId, after }) => ({
      do: 'channel.attach',
      channelId,
      ...(after !== undefined && { after }),
    })),
  ],
  ['channel.detach', method(z.object({ channelId: ChannelId }), (p) => ({ do: 'channel.detach', ...p }))],
  ['message.send', method(SendParams, (p) => ({ do: 'message.send', ...p }))],
  ['typing.start', method(z.object({ channelId: ChannelId }), (p) => ({ do: 'typing.start', ...p }))],
  [
    'receipt.record',
    method(z.object({ channelId: ChannelId, sequence: Sequence }), (p) => ({ do: 'receipt.record', ...p })),
  ],
]);

const authenticate = method(z.object({ accessToken: z.string().min(1).max(4096) }), ({ accessToken }) => ({
  do: 'session.authenticate',
  credentials: { kind: 'token', token: accessToken },
}));

/** A frame in, what it asks for out; `session` is null until the socket is authenticated. */
export const decode = (frame: string, session: Session | null): Decoded => {
  const request = readRequest(frame);
  try {
    const { about, traceparent } = request;
    return { intent: intentOf(request, session), about, ...(traceparent !== undefined && { traceparent }) };
  } catch (error) {
    throw new FrameFault(asFault(error), request.about);
  }
};

const intentOf = ({ method: name, params, about }: Request, session: Session | null): Intent => {
  if (name === 'session.authenticate') {
    if (session) throw new Fault('conflict', 'already_authenticated', 'This connection is authenticated already');
    return authenticate(params);
  }
  if (!session) throw new Fault('unauthenticated', 'no_token', 'Call session.authenticate first');
  if (name === 'ping') return pong(about);
  const known = methods.get(name);
  if (!known) throw new Fault('invalid', 'unknown_method', 'There is no such method');
  return known(params);
};

const pong = (about: Request['about']): Intent => {
  const frame = result(about, {});
  return frame === null ? { do: 'nothing' } : { do: 'answer', frame };
};
