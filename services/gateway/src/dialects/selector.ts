import type { DialectName, Fault, Realm } from '@parley/contracts';
import type { Dialect, Handshake, SocketAdapter } from '../protocol/dialect.js';
import type { Credentials } from '../protocol/command.js';
import { mountPathOf, realmsOf } from './registry.js';
import type { Mount } from './registry.js';
import { InvalidInput } from '../protocol/input-issues.js';
import type { InputIssue } from '../protocol/input-issues.js';
import type { Route } from '../protocol/routes.js';

// Only this file decides between dialects with the same native path. Under `/wires/<dialect>` each dialect has paths of its own.

interface Claim {
  readonly dialect: DialectName;
  /** One of these keys in the body selects this dialect … */
  readonly keys: readonly string[];
  /** … unless one of these keys is present too. */
  readonly unless: readonly string[];
}

/** REST paths of several dialects: the body selects the dialect, never the order or a header. */
const sharedRoutes: readonly (Pick<Route, 'method' | 'path'> & { readonly claims: readonly Claim[] })[] = [
  {
    method: 'post',
    path: '/register',
    claims: [
      { dialect: 'swifty', keys: ['uuid', 'name'], unless: ['email', 'password'] },
      { dialect: 'mesh', keys: ['email', 'password'], unless: ['uuid'] },
    ],
  },
];

/** Sockets of several dialects: the audience of the token selects the dialect. */
const sharedSockets: readonly string[] = ['/ws'];

/** The dialect that owns a socket path, and the parameters in the path. */
export interface Selected {
  readonly dialect: Dialect;
  readonly adapter: SocketAdapter;
  readonly params: Readonly<Record<string, string>>;
  /** The dialect's own realm first. */
  readonly realms: readonly Realm[];
  readonly outlivesToken: boolean;
}

export type Select = (handshake: Handshake) => Selected | null;

/**
 * Selects the dialect of a socket: by `/wires/<dialect>/…`, else by its native path. It matches the whole path, never a prefix: `/ws` is
 * not `/ws/chat/1`.
 */
export const createSelect = (mounts: readonly Mount[]): Select => {
  // Created once, because all connections of one dialect share their frames.
  const sharing = new Map<Mount, SocketAdapter>();
  for (const mount of mounts) if (mount.dialect.socket) sharing.set(mount, onSharedPath(mount.dialect.socket));

  const prefixes = mounts.map((mount) => ({ mount, prefix: `${mountPathOf(mount)}/` }));

  const selected = (mount: Mount, socket: SocketAdapter, params: Selected['params']): Selected => ({
    dialect: mount.dialect,
    adapter: socket,
    params,
    realms: realmsOf(mount),
    outlivesToken: mount.outlivesToken === true,
  });
  const among = (candidates: readonly Mount[], path: string): Selected | null => {
    for (const mount of candidates) {
      const params = mount.dialect.socket?.match(path);
      if (mount.dialect.socket && params) return selected(mount, mount.dialect.socket, params);
    }
    return null;
  };
  /** Without a token of any candidate, the first candidate refuses the socket; all of them send the same text. */
  const byToken = (handshake: Handshake, path: string): Selected | null => {
    const candidates = mounts.filter((mount) => mount.dialect.socket?.match(path));
    const owner = candidates.find(({ dialect }) => {
      const credentials = dialect.socket?.credentials(handshake) ?? null;
      return audienceOf(credentials) === dialect.name;
    });
    const mount = owner ?? candidates[0];
    const socket = mount && sharing.get(mount);
    return mount && socket ? selected(mount, socket, socket.match(path) ?? {}) : null;
  };
  return (handshake) => {
    const path = pathOf(handshake.path);
    const named = prefixes.find(({ prefix }) => path.startsWith(prefix));
    if (named) return among([named.mount], path.slice(named.prefix.length - 1));
    return sharedSockets.includes(path.replace(/\/$/, '')) ? byToken(handshake, path) : among(mounts, path);
  };
};

/** Whether a request to a native REST path belongs to this mount. `invalid_input`, with the missing keys, if it belongs to none. */
export type IsFor = (mount: Mount, route: Pick<Route, 'method' | 'path'>, body: unknown) => boolean;

export const createIsFor = (mounts: readonly Mount[]): IsFor => {
  const spoken = new Set(mounts.map(({ dialect }) => dialect.name));
  return ({ dialect }, { method, path }, body) => {
    const shared = sharedRoutes.find((one) => one.method === method && one.path === path);
    if (!shared) return true;
    const keys = new Set(typeof body === 'object' && body !== null ? Object.keys(body) : []);
    const claims = shared.claims.filter((claim) => spoken.has(claim.dialect));
    const owner = claims.find((claim) => has(keys, claim.keys) && !has(keys, claim.unless));
    if (!owner) throw new InvalidInput(missingOf(claims, keys));
    return owner.dialect === dialect.name;
  };
};

/** Whether several dialects share a native REST path, so that the body selects one. */
export const isShared = ({ method, path }: Pick<Route, 'method' | 'path'>): boolean =>
  sharedRoutes.some((one) => one.method === method && one.path === path);

const has = (keys: ReadonlySet<string>, some: readonly string[]): boolean => some.some((key) => keys.has(key));

const missingOf = (claims: readonly Claim[], keys: ReadonlySet<string>): InputIssue[] => {
  const missing = claims.flatMap((claim) => claim.keys).filter((key) => !keys.has(key));
  if (missing.length > 0)
    return missing.map((key) => ({ where: 'body', path: [key], isMissing: true, message: 'Is required' }));
  const either = claims.map((claim) => claim.keys.join(' and ')).join(', or ');
  return [{ where: 'body', path: [], isMissing: false, message: `Either ${either}, not both` }];
};

/**
 * A dialect on a shared path. A client without a valid token may belong to any of the dialects, so it gets one frame that all of their
 * clients understand, and the close code that the strictest of them expects.
 */
const onSharedPath = (adapter: SocketAdapter): SocketAdapter => ({
  ...adapter,
  encodeFault(fault, requestId) {
    if (fault.code !== 'unauthenticated') return adapter.encodeFault(fault, requestId);
    const message = tokenWords(fault);
    return JSON.stringify({ type: 'error', error: message, message, timestamp: Date.now() / 1000 });
  },
  close(fault) {
    if (fault.code !== 'unauthenticated') return adapter.close(fault);
    return { code: fault.reason === 'no_token' ? 4001 : 1008, reason: tokenWords(fault) };
  },
});

const tokenWords = ({ reason }: Fault): string => (reason === 'no_token' ? 'No token provided' : 'Invalid token');

/** The audience that the token claims; the selected dialect verifies the token afterwards. */
const audienceOf = (credentials: Credentials | null): unknown => {
  if (credentials?.kind !== 'token') return null;
  try {
    const payload = Buffer.from(credentials.token.split('.')[1] ?? '', 'base64url').toString('utf8');
    return (JSON.parse(payload) as { aud?: unknown } | null)?.aud ?? null;
  } catch {
    // Not a JWT.
    return null;
  }
};

const pathOf = (target: string): string => target.split('?', 1)[0] ?? '';
