const schemes = /^(rediss?)(\+sentinel|\+cluster)?:\/\//i;
const hostsMax = 20;
const expected =
  'expected a URL like redis://:password@host:6379, redis+sentinel://:password@a:26379,b:26379/name or redis+cluster://:password@a:6379,b:6379 (rediss: with TLS)';

export interface RedisHost {
  readonly host: string;
  readonly port: number;
}

/** What a REDIS_URL says. */
export interface RedisTarget {
  /** One server, the master that Sentinels name, or a cluster whose nodes share the keys. */
  readonly kind: 'single' | 'sentinel' | 'cluster';
  readonly tls: boolean;
  /** Of the server, of Sentinels, or of some nodes of the cluster. */
  readonly hosts: readonly RedisHost[];
  readonly username?: string;
  readonly password?: string;
  readonly db: number;
  /** Of Sentinels: the name of the master, and their own password. */
  readonly master?: string;
  readonly sentinelPassword?: string;
}

/** Parses a REDIS_URL; null when it cannot be used. */
export const redisTarget = (text: string): RedisTarget | null => {
  const [start = '', scheme = '', suffix = ''] = schemes.exec(text) ?? [];
  if (start === '') return null;
  const kind = suffix === '' ? 'single' : suffix.toLowerCase() === '+sentinel' ? 'sentinel' : 'cluster';
  const authority = text.slice(start.length).split(/[/?#]/, 1)[0] ?? '';
  const hosts = authority.slice(authority.lastIndexOf('@') + 1);
  const addresses = hosts.split(',').map((each) => hostOf(each, kind === 'sentinel' ? 26_379 : 6_379));
  const whole = `redis://${text.slice(start.length).replace(hosts, 'host')}`;
  if (addresses.length > hostsMax || addresses.includes(null) || !URL.canParse(whole)) return null;
  if (kind === 'single' && addresses.length > 1) return null;
  const { username, password, pathname, searchParams } = new URL(whole);
  const path = pathname.slice(1);
  const sentinelPassword = searchParams.get('sentinel_password');
  if (kind === 'sentinel' ? path === '' : !/^\d{0,4}$/.test(path)) return null;
  const [user, secret] = [decoded(username), decoded(password)];
  if (user === null || secret === null) return null;
  return {
    kind,
    tls: scheme.toLowerCase() === 'rediss',
    hosts: addresses.filter((each) => each !== null),
    ...(user !== '' && { username: user }),
    ...(secret !== '' && { password: secret }),
    db: kind === 'single' ? Number(path) : 0,
    ...(kind === 'sentinel' && { master: path }),
    ...(sentinelPassword !== null && { sentinelPassword }),
  };
};

/** What is wrong with a REDIS_URL, as the end of a sentence without any part of it; null: nothing. */
export const redisUrlMistake = (text: string): string | null =>
  redisTarget(text) === null ? `is not usable; ${expected}` : null;

const hostOf = (text: string, port: number): RedisHost | null => {
  if (text === '' || !URL.canParse(`http://${text}`)) return null;
  const url = new URL(`redis://${text}`);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? port : Number(url.port) };
};

const decoded = (text: string): string | null => {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
};
