import { bounded, Email, Login, Password, ShortNumber, text, Username, usernameCharactersMax } from '@parley/contracts';
import type { Account, AccountId, Message } from '@parley/contracts';
import { z } from 'zod';
import { documentedAs } from '../../protocol/documents.js';
import { isShown } from '../shared/shown-messages.js';
import { WholeNumber } from '../shared/whole-number.js';

const Ciphertext = text(1, 65_536);
const wholeNumber = documentedAs(bounded(64).regex(/^-?\d{1,20}$/, 'Input should be a valid integer'), {
  type: 'integer',
});
const sentTime = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+ ]00:00)?$/;

/** Requests of this dialect. */
export const NewUser = z.object({ username: Username, email: Email, password: Password, public_key: text(1, 16_384) });
export const SignIn = z.object({ username: Login, password: Password });
export const RefreshToken = z.object({ refresh_token: bounded(4_096).min(1) });
export const Search = z.object({ query: bounded(usernameCharactersMax) });
export const OptionalSearch = z.object({ search: bounded(usernameCharactersMax).default('') });
export const Partner = z.object({ partnerID: wholeNumber });
export const History = Partner.extend({
  /** The `timestamp` of the oldest message that the client has. */
  before: bounded(64).regex(sentTime, 'Input should be a valid datetime').optional(),
  limit: documentedAs(
    bounded(64)
      .regex(/^-?\d{1,9}$/, 'Input should be a valid integer')
      .default('20')
      .transform((given) => Math.min(Math.max(Number(given), 0), 500)),
    { type: 'integer', default: 20, maximum: 500 },
  ),
});
/** One ciphertext for each of the two accounts, made by the app; other keys are ignored. */
export const Say = z.object({
  receiverID: WholeNumber,
  receiver_encrypted: Ciphertext,
  sender_encrypted: Ciphertext,
  messageType: text(0, 128),
});
/** Stored from a frame in addition to the ciphertexts: the recipient that it named, for the echo to the sender's sockets. */
const Kept = z.object({ receiverID: ShortNumber });

// Responses of this dialect. The app refuses unknown keys, so these sets are exact.
export const Registered = z.strictObject({ id: z.int(), username: z.string(), email: z.string() });
export const Tokens = z.strictObject({
  access_token: z.string(),
  refresh_token: z.string(),
  token_type: z.literal('Bearer'),
});
export const PartnerInfo = z.strictObject({ id: z.int(), user_name: z.string(), public_key: z.string() });
export const Found = z.strictObject({
  id: z.int(),
  username: z.string(),
  user_name: z.string(),
  public_key: z.string(),
});
export const Item = z.strictObject({
  sender_id: z.int(),
  receiver_id: z.int(),
  content: z.string(),
  message_type: z.string(),
  timestamp: z.string(),
});
export const ChatEntry = z.strictObject({ partner: PartnerInfo, message: Item });
export const Online = z.strictObject({ message: z.literal('Backend is online') });
export const Detail = z.object({ detail: z.string() });

/**
 * An account as this dialect shows it; the key is empty for an account of a shared realm that registered in another dialect without one.
 */
export const toPartner = (account: Account): z.output<typeof PartnerInfo> => ({
  id: account.number,
  user_name: account.username ?? account.name,
  public_key: account.publicKey ?? '',
});

export const toFound = (account: Account): z.output<typeof Found> => {
  const { id, user_name, public_key } = toPartner(account);
  return { id, username: user_name, user_name, public_key };
};

/** The zone suffix of the old server's times: pydantic over REST, Python's `isoformat` on the socket. The app refuses times without one. */
export const zones = { rest: 'Z', socket: '+00:00' } as const;

const sequencesMax = 1_000_000;

/**
 * UTC with six digits of a second. The time is the only cursor that an item of this dialect has, and clocks repeat times and go back: so
 * the six digits are the message's sequence in its channel (modulo a million), and the second is the one in which it was sent.
 */
export const timeOf = ({ sentAt, sequence }: Pick<Message, 'sentAt' | 'sequence'>, zone: string): string =>
  `${sentAt.slice(0, 19)}.${String(sequence % sequencesMax).padStart(6, '0')}${zone}`;

/** A time that a client sent as a cursor, parsed. */
export interface Cursor {
  /** The second, as ISO 8601 without a zone. */
  readonly second: string;
  /** The same with three digits of the fraction, for a time that no message has. */
  readonly millisecond: string;
  /** The sequence, modulo `step`. */
  readonly sequence: number;
  readonly step: number;
}

/** `given` must match `sentTime`. */
export const cursorOf = (given: string): Cursor => {
  const second = `${given.slice(0, 10)}T${given.slice(11, 19)}`;
  const fraction = (/^\.(\d{1,6})/.exec(given.slice(19))?.[1] ?? '').padEnd(6, '0');
  const millisecond = `${second}.${fraction.slice(0, 3)}`;
  return { second, millisecond, sequence: Number(fraction), step: sequencesMax };
};

/** The message for one of its two readers, or null without a ciphertext for that reader. */
export const toItem = (
  message: Message,
  reader: AccountId,
  numbers: { readonly sender: number; readonly receiver: number },
  zone: string,
): z.output<typeof Item> | null => {
  if (message.content.type !== 'encrypted' || !isShown(message)) return null;
  const content = message.content.byReader[reader];
  if (content === undefined) return null;
  return {
    sender_id: numbers.sender,
    receiver_id: numbers.receiver,
    content,
    message_type: message.content.mediaType,
    timestamp: timeOf(message, zone),
  };
};

export const toKept = (receiverID: number): string => JSON.stringify({ receiverID });

export const receiverIn = (raw: string | null): number | null => {
  if (raw === null) return null;
  try {
    const kept = Kept.safeParse(JSON.parse(raw));
    return kept.success ? kept.data.receiverID : null;
  } catch {
    // The raw frame of another dialect need not be JSON at all.
    return null;
  }
};
