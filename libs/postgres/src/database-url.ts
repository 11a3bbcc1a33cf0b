const scheme = /^postgres(?:ql)?:\/\//i;
const escapes =
  "a character of its user or password must be percent-encoded ('@' as %40, '/' as %2F, '#' as %23, '?' as %3F)";
const example = 'expected a URL like postgres://user:password@host:5432/database';

const tlsModes = ['disable', 'require', 'verify-ca', 'verify-full'];

/** What is wrong with a DATABASE_URL, as the end of a sentence without any part of the URL; null: nothing. */
export const databaseUrlMistake = (text: string): string | null => {
  if (!scheme.test(text)) return `is not usable; ${example}`;
  const rest = text.replace(scheme, '');
  const authority = rest.split(/[/?#]/, 1)[0] ?? '';
  const hosts = authority.slice(authority.lastIndexOf('@') + 1);
  if (hosts.includes(',')) return 'names several hosts; one is supported: the primary, or a proxy that leads to it';
  const beforeQuery = rest.split('?', 1)[0] ?? '';
  if (text.includes('#') || beforeQuery.slice(authority.length).includes('@')) return `is not usable: ${escapes}`;
  if (!URL.canParse(text)) return authority.includes('@') ? `is not usable; ${example}` : `is not usable: ${escapes}`;
  const { username, password, pathname } = new URL(text);
  if (![username, password, pathname].every(isDecodable)) return `is not usable: ${escapes}, '%' as %25`;
  const mode = new URL(text).searchParams.get('sslmode');
  if (mode !== null && !tlsModes.includes(mode))
    return `has an sslmode that is not supported: ${tlsModes.join(', ')} are, since a server must not choose whether TLS is used`;
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
