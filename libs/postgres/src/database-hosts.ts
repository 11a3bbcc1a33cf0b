const scheme = /^postgres(?:ql)?:\/\//i;

/** Which servers of a URL with several hosts may be used, as libpq calls it. */
export const sessionKinds = ['any', 'read-write', 'primary'];

export interface DatabaseHosts {
  /** The URL for each host alone, in their order. */
  readonly urls: readonly string[];
  /** Whether a server that takes no writes (a standby) is passed over. */
  readonly writes: boolean;
}

/** The end of the part before the path, with the user and the hosts. */
const authorityOf = (text: string): string => text.replace(scheme, '').split(/[/?#]/, 1)[0] ?? '';

/** The hosts of a URL as they are written: `a:5432,b`. */
export const hostsIn = (text: string): string[] => {
  const authority = authorityOf(text);
  return authority.slice(authority.lastIndexOf('@') + 1).split(',');
};

/**
 * Splits `postgres://user:password@a:5432,b:5432/database?target_session_attrs=read-write`. With several hosts only a server that takes
 * writes is used unless `target_session_attrs` is `any`.
 */
export const databaseHosts = (text: string): DatabaseHosts => {
  const authority = authorityOf(text);
  const hosts = hostsIn(text);
  const before = text.slice(0, text.indexOf(authority) + authority.lastIndexOf('@') + 1);
  const rest = text.slice(text.indexOf(authority) + authority.length);
  const urls = hosts.map((host) => new URL(`${before}${host}${rest}`));
  const kind = urls[0]?.searchParams.get('target_session_attrs') ?? (hosts.length > 1 ? 'read-write' : 'any');
  for (const url of urls) url.searchParams.delete('target_session_attrs');
  return { urls: urls.map(String), writes: kind !== 'any' };
};

/** The user and the password that a URL gives for all of its hosts; empty where it gives none. */
export const databaseUser = (text: string): { readonly user: string; readonly password: string } => {
  const { username, password } = new URL(databaseHosts(text).urls[0] ?? '');
  return { user: decodeURIComponent(username), password: decodeURIComponent(password) };
};
