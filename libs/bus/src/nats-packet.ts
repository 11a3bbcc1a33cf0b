import { ErrorCode, type Msg, type MsgHdrs, NatsError, headers as natsHeaders } from 'nats';
import type { BusLog } from './bus.js';
import type { Headers, Packet } from './packet.js';

/** Only inboxes are answered: a caller must not make us publish an event or a call. */
export const isInbox = (subject: string | undefined): boolean => subject?.startsWith('_INBOX.') ?? false;

/** Whether a call may be answered; logs one that may not. */
export const isAnswerable = ({ subject, reply }: Pick<Msg, 'subject' | 'reply'>, log: BusLog): boolean => {
  if (isInbox(reply)) return true;
  log.error({ subject, reply }, 'A call was dropped: its answer would not go to an inbox');
  return false;
};

const aboveMaxPayload: string = ErrorCode.MaxPayloadExceeded;

export const isAboveMaxPayload = (error: unknown): boolean =>
  error instanceof NatsError && error.code === aboveMaxPayload;

export const bytesOf = (body: string): Uint8Array => Buffer.from(body);

/** NATS headers; none when `headers` is empty, which saves both sides the parsing. */
export const toNatsHeaders = (headers: Headers): { headers?: MsgHdrs } => {
  const names = Object.keys(headers);
  if (names.length === 0) return {};
  const result = natsHeaders();
  for (const [name, value] of Object.entries(headers)) result.append(name, value);
  return { headers: result };
};

export const packetOf = ({ data, headers }: { data: Uint8Array; headers?: MsgHdrs | undefined }): Packet => ({
  body: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8'),
  headers: headers ? fromNatsHeaders(headers) : {},
});

const fromNatsHeaders = (headers: MsgHdrs): Headers => {
  const result: Headers = {};
  for (const [name, values] of headers) result[name] = values[0] ?? '';
  return result;
};
