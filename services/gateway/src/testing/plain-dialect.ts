import { Fault, isSequenced } from '@parley/contracts';
import type { BusEvent, ChannelId, ChannelSnapshot } from '@parley/contracts';
import type { Command } from '../protocol/command.js';
import type { Encoded, SocketAdapter } from '../protocol/dialect.js';

export interface WireOptions {
  readonly attach?: readonly ChannelId[];
  readonly announced?: boolean;
  readonly echo?: boolean;
  readonly delaysBursts?: true;
  readonly accepts?: (event: BusEvent) => Encoded['accepts'];
  readonly openMs?: number;
  /** A defect of the dialect: `open` throws it. */
  readonly openFails?: Error;
}

/** Frames are intents as JSON with an `about`; answers and facts come back as JSON too. */
export const plainWire = (
  options: WireOptions,
  snapshotOf: (id: ChannelId) => Promise<ChannelSnapshot>,
): SocketAdapter => ({
  match: (path) => (path === '/socket' ? {} : null),
  ...(options.delaysBursts && { delaysBursts: true as const }),
  credentials: ({ query }) => {
    const token = query.get('token');
    return token ? { kind: 'token', token } : null;
  },
  firstFrameMayAuthenticate: true,
  open: async ({ connectionId }) => {
    if (options.openFails) throw options.openFails;
    if (options.openMs) await new Promise((resolve) => setTimeout(resolve, options.openMs));
    return {
      state: null,
      attach: await Promise.all((options.attach ?? []).map(snapshotOf)),
      greeting: [JSON.stringify({ hello: connectionId })],
      announced: options.announced ?? false,
    };
  },
  decode: (frame) => {
    const { requestId, traceparent, ...command } = JSON.parse(frame) as { requestId?: number; traceparent?: string };
    if (!('type' in command)) throw new Fault('invalid', 'bad_frame', 'What?');
    const { channels } = command as { channels?: object };
    const mapped = channels ? { ...command, channels: new Map(Object.entries(channels)) } : command;
    return { command: mapped as unknown as Command, requestId, ...(traceparent !== undefined && { traceparent }) };
  },
  encodeResult: (result, requestId) =>
    JSON.stringify({
      ...result,
      ...('snapshot' in result && result.snapshot()),
      ...('channels' in result && { channels: Object.fromEntries(result.channels) }),
      requestId,
    }),
  encodeEvent: (event) => {
    const frame = JSON.stringify(brief(event));
    const accepts = options.accepts?.(event);
    const origin = 'origin' in event ? event.origin?.connectionId : undefined;
    return {
      frame,
      ...(options.echo === false && origin !== undefined && { except: origin }),
      ...(accepts && { accepts }),
    };
  },
  encodePresence: ({ type, ...notice }) => JSON.stringify({ notice: type, ...notice }),
  encodeFault: ({ code, reason, retryAfterMs }, requestId) =>
    JSON.stringify({ fault: code, reason, retryAfterMs, requestId }),
  encodeGoaway: (notice) => JSON.stringify({ goaway: notice }),
  close: ({ code, reason }) => ({
    code: code === 'unauthenticated' ? 4401 : code === 'forbidden' ? 4403 : 1013,
    reason,
  }),
});

const brief = (event: BusEvent): Record<string, unknown> => {
  if (isSequenced(event) && event.name !== 'message.created')
    return {
      event: event.name,
      channelId: event.channel.id,
      sequence: event.inbox?.sequence ?? event.entry.sequence,
      messageId: event.entry.messageId,
    };
  if (event.name !== 'message.created')
    return { event: event.name, channelId: 'channel' in event ? event.channel.id : null };
  const text = event.message.content.type === 'text' ? event.message.content.text : '';
  return {
    event: event.name,
    channelId: event.channel.id,
    sequence: event.inbox?.sequence ?? event.message.sequence,
    text,
  };
};
