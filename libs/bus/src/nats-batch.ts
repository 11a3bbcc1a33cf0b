import { type Headers, type Packet } from './packet.js';

/** Marks a message that carries several calls, or several answers. */
export const batchHeader = 'X-Parley-Batch';

/** At most this many calls are sent in one message. */
export const batchItemsMax = 256;
/** A batch ends at this many bytes, far below the bus's limit. A larger call or answer is a batch of its own. */
const batchBytesMax = 256 * 1024;

/** One call or answer of a batch. `token`: what its caller knows it by. */
export interface BatchItem {
  readonly token: string;
  readonly packet: Packet;
}

type Entry = readonly [token: string, headers: Headers, bodyBytes: number, schema?: string | undefined];

const lineFeed = 0x0a;

/** A line of JSON, `[[token, headers, bytes of the body, schema], …]`, and the bodies in that order. */
export const encodeBatch = (items: readonly BatchItem[]): Uint8Array => {
  const entries = items.map(({ token, packet: { body, headers, schema } }): Entry => {
    const bytes = Buffer.byteLength(body);
    return schema === undefined ? [token, headers, bytes] : [token, headers, bytes, schema];
  });
  return Buffer.from(`${JSON.stringify(entries)}\n${items.map(({ packet }) => packet.body).join('')}`);
};

/** Reads what `encodeBatch` wrote; throws for anything else. */
export const decodeBatch = (data: Uint8Array): BatchItem[] => {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const end = bytes.indexOf(lineFeed);
  const entries = JSON.parse(bytes.toString('utf8', 0, end)) as readonly Entry[];
  if (end < 0 || entries.length > batchItemsMax) throw new Error('This is no batch');
  let at = end + 1;
  return entries.map(([token, headers, length, schema]) => {
    const body = bytes.toString('utf8', at, (at += length));
    return { token, packet: { body, headers, schema } };
  });
};

/** Whether a batch of `count` items and `bytes` bytes has room for another item. */
export const fits = (count: number, bytes: number, added: number): boolean =>
  count === 0 || (count < batchItemsMax && bytes + added <= batchBytesMax);

/** An upper limit of an item's bytes, without encoding it. */
export const bytesMaxOf = ({ body }: Packet): number => body.length * 3 + headersBytes;
/** More than the headers of a call take. */
const headersBytes = 2_048;
