import { Fault, asFault } from '@parley/contracts';
import { ignored } from '../../protocol/client-frames.js';
import type { Decoded, ConnectionView } from '../../protocol/dialect.js';
import { hasRepeatedKeys } from '../repeated-keys.js';
import { parseObject } from '../shared/json-object.js';
import { frames } from './frames.js';
import type { SwiftySettings } from './settings.js';

/** Refuses repeated keys: the recipient gets the text verbatim, and its parser may keep the other one of two equal keys. */
const parse = (frame: string): Record<string, unknown> => {
  const fields = parseObject(frame);
  if (!hasRepeatedKeys(frame, fields)) return fields;
  const fault = new Fault('invalid', 'repeated_key', 'Invalid message format: a key is there twice');
  throw new SwiftyFault(fault, fields.msgid);
};

/** Checks in the documented order: the schema, then the claimed sender; topic and subscription are looked up afterwards. */
export const decode = (frame: string, connection: ConnectionView | null, settings: SwiftySettings): Decoded => {
  const fields = parse(frame);
  if (!connection) return ignored;
  try {
    return frames[kindOf(fields)].decode({ fields, frame, connection, settings });
  } catch (error) {
    throw new SwiftyFault(asFault(error), fields.msgid);
  }
};

const kindOf = (fields: Record<string, unknown>): keyof typeof frames => {
  if ('topic_id' in fields) return 'topic';
  return fields.type === 'ack' && !('to' in fields) ? 'ack' : 'direct';
};

const msgidCharactersMax = 128;

/** A fault about a frame that is not valid as a whole but contains a msgid. */
export class SwiftyFault extends Fault {
  readonly msgid: string | undefined;

  constructor(fault: Fault, msgid: unknown) {
    super(fault.code, fault.reason, fault.message, { cause: fault.cause });
    this.msgid = typeof msgid === 'string' && msgid.length <= msgidCharactersMax ? msgid : undefined;
  }
}
