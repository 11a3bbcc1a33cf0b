import type { DialectName, Fault, Realm } from '@parley/contracts';
import type { Credentials, Dialect, Handshake, SocketWire } from './dialect.js';
import { mountOf, realmsOf } from './registry.js';
import type { Wire } from './registry.js';
import { InvalidInput } from './routes.js';
import type { InputIssue, Route } from './routes.js';

// Where two wires have the same native path, this file alone tells them apart. Under `/wires/<dialect>` each is by itself.

interface Claim {
  readonly dialect: DialectName;
  /** One of these keys in the body makes the request this wire's … */
  readonly keys: readonly string[];
  /** … unless one of these is there too. */
  readonly unless: readonly string[];
}

/** REST paths of several wires: told apart by what the body holds, never by order or header. */
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

/** Sockets of several wires: told apart by whose token it is. */
const sharedSockets: readonly string[] = ['/ws'];

/** Whose socket a path is, and what the path says. */
export interface Selected {
  readonly dialect: Dialect;
  readonly wire: SocketWire;
  readonly params: Readonly<Record<string, string>>;
  /** The wire's own first. */
  readonly realms: readonly Realm[];
  readonly outlivesToken: boolean;
}

export type Select = (handshake: Handshake) => Selected | null;

/**
 * Which dialect a socket belongs to: by `/wires/<dialect>/…`, else by its native path. A path is matched whole, never by how it
 * begins: `/ws` is not `/ws/chat/1`.
 */
export const createSelect = (wires: readonly Wire[]): Select => {
  // Made once: frames are shared by all sessions of one and the same wire.
  const sharing = new Map<Wire, SocketWire>();
  for (const wire of wires) if (wire.dialect.socket) sharing.set(wire, onSharedPath(wire.dialect.socket));

  const selected = (wire: Wire, socket: SocketWire, params: Selected['params']): Selected => ({
    dialect: wire.dialect,
    wire: socket,
    params,
    realms: realmsOf(wire),
    outlivesToken: wire.outlivesToken === true,
  });
  const among = (candidates: readonly Wire[], path: string): Selected | null => {
    for (const wire of candidates) {
      const params = wire.dialect.socket?.match(path);
      if (wire.dialect.socket && params) return selected(wire, wire.dialect.socket, params);
    }
    return null;
  };
  /** Without a token, or with somebody else's, any of them refuses it in the same words. */
  const byToken = (handshake: Handshake, path: string): Selected | null => {
    const candidates = wires.filter((wire) => wire.dialect.socket?.match(path));
    const owner = candidates.find(({ dialect }) => {
      const credentials = dialect.socket?.credentials(handshake) ?? null;
      return audienceOf(credentials) === dialect.name;
    });
    const wire = owner ?? candidates[0];
    const socket = wire && sharing.get(wire);
    return wire && socket ? selected(wire, socket, socket.match(path) ?? {}) : null;
  };
  return (handshake) => {
    const path = pathOf(handshake.path);
    const named = wires.find((wire) => path.startsWith(`${mountOf(wire)}/`));
    if (named) return among([named], path.slice(mountOf(named).length));
    return sharedSockets.includes(path.replace(/\/$/, '')) ? byToken(handshake, path) : among(wires, path);
  };
};

/** Whether a request to a native REST path is this wire's. `invalid_input` when it is nobody's, naming what is missing. */
export type IsFor = (wire: Wire, route: Pick<Route, 'method' | 'path'>, body: unknown) => boolean;

export const createIsFor = (wires: readonly Wire[]): IsFor => {
  const spoken = new Set(wires.map(({ dialect }) => dialect.name));
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

/** Whether a native REST path needs the body to be told apart. */
export const isShared = ({ method, path }: Pick<Route, 'method' | 'path'>): boolean =>
  sharedRoutes.some((one) => one.method === method && one.path === path);

const has = (keys: ReadonlySet<string>, some: readonly string[]): boolean => some.some((key) => keys.has(key));

const missingOf = (claims: readonly Claim[], keys: ReadonlySet<string>): InputIssue[] => {
  const missing = claims.flatMap((claim) => claim.keys).filter((key) => !keys.has(key));
  if (missing.length > 0)
    return missing.map((key) => issue([key], 'Invalid input: expected string, received undefined'));
  const either = claims.map((claim) => claim.keys.join(' and ')).join(', or ');
  return [issue([], `Either ${either}, not both`)];
};

const issue = (path: string[], message: string): InputIssue => ({ where: 'body', path, code: 'invalid_type', message });

/**
 * A wire on a path that it shares: who shows no good token may be anybody's client, so it is told in one frame that all of them
 * understand, and closed as the strictest of them expects.
 */
const onSharedPath = (wire: SocketWire): SocketWire => ({
  ...wire,
  encodeFault(fault, about) {
    if (fault.code !== 'unauthenticated') return wire.encodeFault(fault, about);
    const message = tokenWords(fault);
    return JSON.stringify({ type: 'error', error: message, message, timestamp: Date.now() / 1000 });
  },
  close(fault) {
    if (fault.code !== 'unauthenticated') return wire.close(fault);
    return { code: fault.reason === 'no_token' ? 4001 : 1008, reason: tokenWords(fault) };
  },
});

const tokenWords = ({ reason }: Fault): string => (reason === 'no_token' ? 'No token provided' : 'Invalid token');

/** Whose token it says it is; whether that is so is looked at afterwards, by who it says. */
const audienceOf = (credentials: Credentials | null): unknown => {
  if (credentials?.kind !== 'token') return null;
  try {
    const payload = Buffer.from(credentials.token.split('.')[1] ?? '', 'base64url').toString('utf8');
    return (JSON.parse(payload) as { aud?: unknown } | null)?.aud ?? null;
  } catch {
    // Not a token of ours, nor anybody's.
    return null;
  }
};

const pathOf = (target: string): string => target.split('?', 1)[0] ?? '';
