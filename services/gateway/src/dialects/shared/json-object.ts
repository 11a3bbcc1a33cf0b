import { Fault } from '@parley/contracts';

/** Parses a frame as a JSON object. Throws `bad_json` for other text and `bad_frame` for other JSON, in the words of the old servers. */
export const parseObject = (frame: string): Record<string, unknown> => {
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    throw new Fault('invalid', 'bad_json', 'Invalid JSON format');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Fault('invalid', 'bad_frame', 'Invalid message format: a JSON object is expected');
  }
  return value as Record<string, unknown>;
};
