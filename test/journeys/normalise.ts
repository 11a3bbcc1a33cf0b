import type { Cast, Person } from './shared-realm.js';

// Frames with names in place of what is another each time.

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const time = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?$/;

/** Where a frame holds a number, `#` says that it is one. */
export const number = (of: string): string => `#<${of}>`;

const accountKeys = new Set(['sender_id', 'receiver_id', 'receiverID', 'user_id']);
const channelKeys = new Set(['room_id', 'conversation_id']);
const plainKeys = new Set([
  'message_id',
  'id',
  'number',
  'sequence',
  'messageSequence',
  'inboxSequence',
  'membershipVersion',
  'read',
  'delivered',
  'msgno',
]);

export type Normalise = (frame: unknown) => unknown;

export const normaliser = ({ anns, bobs, eves, mark, fluentMark, meshMark, ...channels }: Cast): Normalise => {
  const people: Person[] = [anns, bobs, eves].flatMap((some) => Object.values<Person>(some));
  people.push(mark, fluentMark, meshMark);
  const words = new Map<string, string>();
  const accounts = new Map<number, string>();
  const titles = new Map(Object.values(channels).map((channel) => [channel.number, channel.title]));
  for (const { id, title } of Object.values(channels)) words.set(id, `<id of ${title}>`);
  for (const person of people) {
    const { label } = person;
    words.set(person.handle, `<handle of ${label}>`);
    words.set(person.accountId, `<id of ${label}>`);
    words.set(person.name, label);
    accounts.set(person.number, label);
  }
  const inWords = (text: string): string => {
    let said = text;
    for (const [known, word] of words) said = said.replaceAll(known, word);
    return said.replace(uuid, '<uuid>');
  };
  const each = (value: unknown, key: string): unknown => {
    if (Array.isArray(value)) return value.map((one) => each(one, key));
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, each(one, name)]));
    if (typeof value === 'number') return numbered(value, key);
    if (typeof value !== 'string') return value;
    if (key === 'clientId') return '<client id>';
    return time.test(value) ? '<time>' : inWords(value);
  };
  const numbered = (value: number, key: string): unknown => {
    if (key === 'timestamp') return number('time');
    if (accountKeys.has(key)) return number(`number of ${accounts.get(value) ?? 'a device'}`);
    if (channelKeys.has(key)) return number(`number of ${titles.get(value) ?? 'a channel'}`);
    return plainKeys.has(key) ? number('number') : value;
  };
  return (frame) => each(frame, '');
};
