import { hostsIn, sessionKinds } from './database-hosts.js';

const scheme = /^postgres(?:ql)?:\/\//i;
const escapes =
  "a character of its user or password must be percent-encoded ('@' as %40, '/' as %2F, '#' as %23, '?' as %3F)";
const example = 'expected a URL like postgres://user:password@host:5432/database';

/** A connection tries them one after the other, each with a deadline. */
const hostsMax = 5;

const tlsModes = ['disable', 'require', 'verify-ca', 'verify-full'];

/** What is wrong with a DATABASE_URL, as the end of a sentence without any part of the URL; null: nothing. */
export const databaseUrlMistake = (text: string): string | null => {
  if (!scheme.test(text)) return `is not usable; ${example}`;
  const rest = text.replace(scheme, '');
  const authority = rest.split(/[/?#]/, 1)[0] ?? '';
  const beforeQuery = rest.split('?', 1)[0] ?? '';
  if (text.includes('#') || beforeQuery.slice(authority.length).includes('@')) return `is not usable: ${escapes}`;
  const hosts = hostsIn(text);
  if (hosts.length > hostsMax) return `names ${hosts.length} hosts; at most ${hostsMax} are supported`;
  const firstOnly = text.replace(hosts.join(','), hosts[0] ?? '');
  const isWhole = hosts.every((host) => host !== '' || hosts.length === 1) && URL.canParse(firstOnly);
  if (!isWhole) return authority.includes('@') ? `is not usable; ${example}` : `is not usable: ${escapes}`;
  return mistakeOfParts(text, firstOnly);
};

const mistakeOfParts = (text: string, firstOnly: string): string | null => {
  const { username, password, pathname, searchParams } = new URL(firstOnly);
  if (![username, password, pathname].every(isDecodable)) return `is not usable: ${escapes}, '%' as %25`;
  const mode = searchParams.get('sslmode');
  if (mode !== null && !tlsModes.includes(mode))
    return `has an sslmode that is not supported: ${tlsModes.join(', ')} are, since a server must not choose whether TLS is used`;
  const kind = searchParams.get('target_session_attrs');
  if (kind !== null && !sessionKinds.includes(kind))
    return `has a target_session_attrs that is not supported: ${sessionKinds.join(', ')} are, since services write`;
  if (!hostsIn(text).every((host) => URL.canParse(`postgres://${host}`))) return `is not usable; ${example}`;
  return pathname.slice(1).includes('/') ? `is not usable: ${escapes}` : null;
};

const isDecodable = (text: string): boolean => {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    // The only error that it throws: a '%' that does not begin a valid escape.
    return false;
  }
};
