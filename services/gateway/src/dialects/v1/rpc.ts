import { Fault } from '@parley/contracts';
import { z } from 'zod';
import type { RequestId as Id } from '../../protocol/command.js';
import { rpcCodeOf } from './fault-table.js';

// JSON-RPC 2.0 as text: parses requests, formats responses.

/** A fault of a frame with the id of its request; `requestId` undefined when the frame expects no answer. */
export class FrameFault extends Fault {
  constructor(
    fault: Fault,
    readonly requestId: Id | undefined,
  ) {
    super(fault.code, fault.reason, fault.message, {
      cause: fault.cause,
      ...(fault.retryAfterMs !== undefined && { retryAfterMs: fault.retryAfterMs }),
    });
  }
}

export interface Request {
  readonly requestId: Id | undefined;
  readonly method: string;
  readonly params: unknown;
  readonly traceparent?: string;
}

// A number that is not a safe integer would come back as another number than the client sent.
export const RequestId = z.union([z.string().max(128), z.int(), z.null()]);

const invalid = (reason: string, message: string): FrameFault =>
  new FrameFault(new Fault('invalid', reason, message), null);

/** Parses a frame. A frame without a readable id is answered with id null, as JSON-RPC requires. */
export const readRequest = (frame: string): Request => {
  const value = parse(frame);
  if (Array.isArray(value)) throw invalid('batch_unsupported', 'Send each request in a frame of its own');
  if (typeof value !== 'object' || value === null) throw invalid('invalid_request', 'A request is a JSON object');
  const { jsonrpc, id, method, params, traceparent } = value as Record<string, unknown>;
  const requestId = id === undefined ? { success: true as const, data: undefined } : RequestId.safeParse(id);
  if (!requestId.success)
    throw invalid('invalid_request', 'id is a string of up to 128 characters, an integer or null');
  if (jsonrpc !== '2.0' || typeof method !== 'string') {
    const fault = new Fault('invalid', 'invalid_request', 'A request says "jsonrpc": "2.0" and a method');
    throw new FrameFault(fault, requestId.data ?? null);
  }
  return { requestId: requestId.data, method, params, ...(isTraceparent(traceparent) && { traceparent }) };
};

const traceparentLength = 55;

/** Version 00 has one length; a longer value, or one that is not text, is ignored. Tracing validates the value later. */
const isTraceparent = (value: unknown): value is string =>
  typeof value === 'string' && value.length === traceparentLength;

const parse = (frame: string): unknown => {
  try {
    return JSON.parse(frame);
  } catch {
    throw invalid('bad_json', 'The frame is not JSON');
  }
};

export const notification = (method: string, params: object): string =>
  JSON.stringify({ jsonrpc: '2.0', method, params });

/** A request without an id gets no response. */
export const resultFrame = (requestId: Id | undefined, value: object): string | null =>
  requestId === undefined ? null : JSON.stringify({ jsonrpc: '2.0', id: requestId, result: value });

export const errorBody = (fault: Fault) => ({
  code: rpcCodeOf(fault),
  message: fault.message,
  data: {
    code: fault.code,
    reason: fault.reason,
    ...(fault.retryAfterMs !== undefined && { retryAfterMs: fault.retryAfterMs }),
  },
});

export const failure = (requestId: Id | undefined, fault: Fault): string | null =>
  requestId === undefined ? null : JSON.stringify({ jsonrpc: '2.0', id: requestId, error: errorBody(fault) });
