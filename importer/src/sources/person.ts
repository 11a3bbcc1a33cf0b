import { Email, foldEmail, foldName, ImportedPassword, PersonalName, ShortNumber, Username } from '@parley/contracts';
import type { z } from 'zod';
import type { AccountRecord, CredentialRecord, SessionRecord } from '../records.js';
import type { NamedRow } from './equal-names.js';
import type { Note, RowOutput } from './part-reader.js';
import { storableText, textOf, type StoredText } from './stored-text.js';
import { parseTime } from './times.js';

/** A row of a table of users; what a source does not have is null. */
export interface PersonRow {
  readonly id: number | bigint;
  readonly username: StoredText;
  readonly email: StoredText;
  readonly firstName: StoredText;
  readonly lastName: StoredText;
  readonly publicKey: StoredText;
  readonly hash: StoredText;
  /** False: the old server refused this user. */
  readonly active: boolean;
  readonly createdAt: StoredText;
  readonly sessions: readonly SessionRecord[];
}

/** The rows whose names are equal after folding (`equalNames`). */
export interface EqualNames {
  readonly usernames: ReadonlyMap<string, readonly string[]>;
  readonly emails: ReadonlyMap<string, readonly string[]>;
}

/** A user, with findings about everything in which it differs from an account that signs up. */
export const addPerson = (row: PersonRow, equal: EqualNames, output: RowOutput): void => {
  const number = ShortNumber.safeParse(Number(row.id));
  if (!number.success) return output.note('refused', 1, 'The id is not between 1 and 2,147,483,647');
  const names = namesOf(row, equal, output.note);
  if (names === null) return;
  const { username, email } = names;
  const credential = credentialOf(row, username !== null || email !== null, output.note);
  output.add({
    type: 'account',
    sourceId: String(row.id),
    number: number.data,
    kind: 'person',
    ...names,
    handle: null,
    name: username,
    credential,
    createdAt: parseTime(textOf(row.createdAt)),
    sessions: credential === null ? [] : row.sessions,
  });
};

type Names = Pick<AccountRecord, 'username' | 'email' | 'firstName' | 'lastName' | 'publicKey'>;

const namesOf = (row: PersonRow, equal: EqualNames, note: Note): Names | null => {
  const sourceId = String(row.id);
  const clash = (kind: string, others: readonly string[] | undefined): boolean => {
    if (others !== undefined) note('refused', 8, `The ${kind} is the same name as in row ${others.join(', ')}`);
    return others !== undefined;
  };
  const clashes = [
    clash('user name', equal.usernames.get(sourceId)),
    clash('e-mail address', equal.emails.get(sourceId)),
  ];
  const publicKey = storableText(row.publicKey, { name: 'The public key', max: 16_384 }, note);
  if (clashes.includes(true) || publicKey === undefined) return null;
  return {
    username: signInName(row.username, 'user name', Username, note),
    email: signInName(row.email, 'e-mail address', Email, note),
    firstName: personalName(row.firstName, 'first name', note),
    lastName: personalName(row.lastName, 'last name', note),
    publicKey: publicKey === '' ? null : publicKey,
  };
};

type NameSchema = z.ZodType<string>;

const parsedName = (stored: StoredText, schema: NameSchema): string | null => {
  const parsed = schema.safeParse(textOf(stored));
  return parsed.success ? parsed.data : null;
};

const signInName = (stored: StoredText, kind: string, schema: NameSchema, note: Note): string | null => {
  if (stored === null) return null;
  const name = parsedName(stored, schema);
  if (name === null) note('reported', 8, `Nobody can sign in with this ${kind}, which is left out`);
  return name;
};

const personalName = (stored: StoredText, kind: string, note: Note): string | null => {
  const name = textOf(stored);
  if (name === null || name.trim() === '') return null;
  if (PersonalName.safeParse(name).success) return name;
  note('mended', 7, `The ${kind} is too long or has invisible characters, and is left out`);
  return null;
};

const credentialOf = (row: PersonRow, named: boolean, note: Note): CredentialRecord | null => {
  if (!named) note('reported', 8, 'Without a user name or an e-mail address nobody can sign in to this account');
  if (!row.active) {
    note('reported', 8, 'Inactive: nobody can sign in to this account');
    return null;
  }
  const credential = parseHash(textOf(row.hash) ?? '');
  if (credential === null) note('reported', 8, 'Not a password hash that Parley can check: nobody can sign in');
  return named ? credential : null;
};

const parseHash = (hash: string): CredentialRecord | null => {
  const algorithm = hash.startsWith('$argon2id$') ? 'argon2id' : 'bcrypt';
  const parsed = ImportedPassword.safeParse({ algorithm, hash });
  return parsed.success ? parsed.data : null;
};

/** The user name in the form in which it is compared, for `equalNames`. */
export const usernameKey = (row: string, stored: StoredText): NamedRow => {
  const name = parsedName(stored, Username);
  return { row, key: name === null ? null : foldName(name) };
};

/** The same for an e-mail address. */
export const emailKey = (row: string, stored: StoredText): NamedRow => {
  const email = parsedName(stored, Email);
  return { row, key: email === null ? null : foldEmail(email) };
};
