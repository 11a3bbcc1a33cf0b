import { DialectName, dialectNames, Realm } from '@parley/contracts';
import { flag, integer, list, port, tlsFilesOf, tlsVariables, url } from '@parley/runtime';
import { z } from 'zod';

const Address = z.union(
  [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()],
  'is not usable; expected addresses or CIDR ranges',
);
const noList: string[] = [];

/** Scheme, host and port, as a browser sends them in `Origin`. */
const Origin = z
  .url({ protocol: /^https?$/, error: 'is not usable; expected origins like https://app.example.com' })
  .transform((said, context) => {
    const { origin, pathname, search, hash } = new URL(said);
    if (pathname === '/' && search === '' && hash === '') return origin;
    context.addIssue({ code: 'custom', message: 'is not usable; expected origins without a path' });
    return z.NEVER;
  });

/** `rooms:main,conversations:main`: the realm that a dialect opens into, where it is not the default. */
const DialectRealms = list.default(noList).transform((items, context) => {
  const realms: Partial<Record<DialectName, Realm>> = {};
  for (const item of items) {
    const [dialect, realm, ...rest] = item.split(':');
    const parsed = z.object({ dialect: DialectName, realm: Realm }).safeParse({ dialect, realm });
    if (parsed.success && rest.length === 0) realms[parsed.data.dialect] = parsed.data.realm;
    else {
      const message = `is not usable; expected <dialect>:<realm>, where a dialect is one of ${dialectNames.join(', ')}`;
      context.addIssue({ code: 'custom', message });
    }
  }
  return realms;
});

/** The settings of the gateway itself. */
export const gatewayVariables = {
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: port.default(8000),
  /** For shared throttles; without it each process counts on its own. */
  REDIS_URL: url(['redis', 'rediss']).optional(),
  ...tlsVariables('PARLEY_REDIS'),
  /** Addresses and ranges of trusted proxies, whose X-Forwarded-For counts. */
  PARLEY_TRUSTED_PROXIES: list.default(noList).pipe(z.array(Address)),
  /** Origins of web pages that send requests with credentials, in the browsers' notation: `https://app.example.com`. */
  PARLEY_CORS_ORIGINS: list.default(noList).pipe(z.array(Origin)),
  PARLEY_DIALECT_REALMS: DialectRealms,
  /** Realms that a v1 client may name besides v1's own. */
  PARLEY_V1_REALMS: list.default(noList).pipe(z.array(Realm)),
  /** New accounts per client address in ten minutes. */
  PARLEY_REGISTRATIONS_PER_ADDRESS: integer(1, 10_000_000, 2_000),
  /** Requests and frames of one account on one gateway. Default: four times the limit of one connection. */
  PARLEY_ACCOUNT_REQUESTS_PER_SECOND: integer(1, 1_000_000, 1).removeDefault().optional(),
  PARLEY_ACCOUNT_REQUESTS_BURST: integer(1, 1_000_000, 1).removeDefault().optional(),
  /** Requests of one client address on one gateway. */
  PARLEY_ADDRESS_REQUESTS_PER_SECOND: integer(1, 1_000_000, 200),
  PARLEY_ADDRESS_REQUESTS_BURST: integer(1, 1_000_000, 2_000),
  /** Tokens, refreshed tokens and tickets of one client address on one gateway; password sign-ins are counted separately. */
  PARLEY_ADDRESS_CREDENTIALS_PER_SECOND: integer(1, 1_000_000, 10),
  PARLEY_ADDRESS_CREDENTIALS_BURST: integer(1, 1_000_000, 2_000),
  PARLEY_BODY_BYTES_MAX: integer(1_024, 900 * 1024, 256 * 1024),
  PARLEY_FRAME_BYTES_MAX: integer(1_024, 900 * 1024, 256 * 1024),
  PARLEY_FRAMES_PER_SECOND: integer(1, 100_000, 50),
  PARLEY_FRAMES_BURST: integer(1, 100_000, 100),
  PARLEY_CONNECTIONS_MAX: integer(1, 1_000_000, 50_000),
  /** Connections of one client address (IPv6: a /64) and of one account to one gateway. */
  PARLEY_CONNECTIONS_PER_ADDRESS: integer(1, 1_000_000, 10_000),
  PARLEY_CONNECTIONS_PER_ACCOUNT: integer(1, 1_000_000, 2_000),
  /** Unauthenticated connections to one gateway, in all and of one client address. */
  PARLEY_UNAUTHENTICATED_MAX: integer(1, 1_000_000, 4_000),
  PARLEY_UNAUTHENTICATED_PER_ADDRESS: integer(1, 1_000_000, 1_000),
  PARLEY_OUTGOING_BYTES_MAX: integer(64 * 1024, 1024 ** 3, 4 * 1024 * 1024),
  /** Bytes buffered for all clients of one gateway together; beyond, the clients with the largest buffers are closed first. */
  PARLEY_BUFFERED_BYTES_MAX: integer(1024 * 1024, 1024 ** 4, 256 * 1024 * 1024),
  /** Whether the `sampled` flag of a client's traceparent decides what is recorded. */
  PARLEY_TRUST_CLIENT_SAMPLING: flag(false),
  /** Whether sockets of the old protocols close when their token expires; those of v1 always do. */
  PARLEY_SOCKETS_END_WITH_TOKEN: flag(false),
  /** How long a gateway that crashed still counts as holding its connections. */
  PARLEY_PRESENCE_LEASE_MS: integer(1_000, 300_000, 15_000),
  PARLEY_DRAIN_MS: integer(0, 600_000, 10_000),
  /** Whether a direct message to a swifty device that is not connected is stored for it; the limits in number, bytes and time. */
  PARLEY_SWIFTY_OFFLINE_QUEUE: flag(true),
  PARLEY_SWIFTY_KEPT_MAX: integer(1, 5_000, 1_000),
  PARLEY_SWIFTY_KEPT_BYTES_MAX: integer(1_024, 64 * 1024 * 1024, 4 * 1024 * 1024),
  PARLEY_SWIFTY_KEPT_HOURS: integer(1, 24 * 365, 24 * 7),
  /** Whether swifty's lists of clients and topics need a token. */
  PARLEY_SWIFTY_TOKENS_REQUIRED: flag(false),
  /** Whether a known uuid is registered again only with an earlier token. */
  PARLEY_SWIFTY_TOKEN_TO_REREGISTER: flag(false),
  /** The secret that a device sends to register in a realm that swifty shares with others. */
  PARLEY_SWIFTY_ENROLMENT_SECRET: z.string().min(16, 'is not usable; expected at least 16 characters').optional(),
  /** Whether anybody who knows the number of a mesh organization may join it, unless its creator chooses otherwise. */
  PARLEY_MESH_OPEN_ORGANIZATIONS: flag(true),
  /** Whether the sample users of the old READMEs exist; then pages show their logins. */
  PARLEY_SAMPLE_DATA: flag(false),
  /** Whether fluent's lists of users are available without a token. */
  PARLEY_FLUENT_OPEN_DIRECTORY: flag(true),
} as const;

/** The default account budget, in busy connections. */
const connectionsOfAccount = 4;

const hourMs = 60 * 60 * 1000;

const variables = z.object(gatewayVariables);

const gatewayOf = (env: z.output<typeof variables>) => ({
  host: env.HOST,
  port: env.PORT,
  redisUrl: env.REDIS_URL,
  redisTls: tlsFilesOf('PARLEY_REDIS', env),
  trustedProxies: env.PARLEY_TRUSTED_PROXIES,
  corsOrigins: env.PARLEY_CORS_ORIGINS,
  dialectRealms: env.PARLEY_DIALECT_REALMS,
  v1Realms: env.PARLEY_V1_REALMS,
  registrationsPerAddress: env.PARLEY_REGISTRATIONS_PER_ADDRESS,
  requests: {
    account: {
      perSecond: env.PARLEY_ACCOUNT_REQUESTS_PER_SECOND ?? env.PARLEY_FRAMES_PER_SECOND * connectionsOfAccount,
      burst: env.PARLEY_ACCOUNT_REQUESTS_BURST ?? env.PARLEY_FRAMES_BURST * connectionsOfAccount,
    },
    address: { perSecond: env.PARLEY_ADDRESS_REQUESTS_PER_SECOND, burst: env.PARLEY_ADDRESS_REQUESTS_BURST },
    credentials: { perSecond: env.PARLEY_ADDRESS_CREDENTIALS_PER_SECOND, burst: env.PARLEY_ADDRESS_CREDENTIALS_BURST },
  },
  presenceLeaseMs: env.PARLEY_PRESENCE_LEASE_MS,
  drainMs: env.PARLEY_DRAIN_MS,
  trustClientSampling: env.PARLEY_TRUST_CLIENT_SAMPLING,
  socketsEndWithToken: env.PARLEY_SOCKETS_END_WITH_TOKEN,
  sampleData: env.PARLEY_SAMPLE_DATA,
  fluent: { openDirectory: env.PARLEY_FLUENT_OPEN_DIRECTORY },
  mesh: { openOrganizations: env.PARLEY_MESH_OPEN_ORGANIZATIONS },
  swifty: {
    offlineQueue: env.PARLEY_SWIFTY_OFFLINE_QUEUE,
    keptMax: env.PARLEY_SWIFTY_KEPT_MAX,
    keptBytesMax: env.PARLEY_SWIFTY_KEPT_BYTES_MAX,
    keptMs: env.PARLEY_SWIFTY_KEPT_HOURS * hourMs,
    tokensRequired: env.PARLEY_SWIFTY_TOKENS_REQUIRED,
    tokenToReregister: env.PARLEY_SWIFTY_TOKEN_TO_REREGISTER,
    enrolmentSecret: env.PARLEY_SWIFTY_ENROLMENT_SECRET,
  },
  limits: {
    bodyBytesMax: env.PARLEY_BODY_BYTES_MAX,
    frameBytesMax: env.PARLEY_FRAME_BYTES_MAX,
    framesPerSecond: env.PARLEY_FRAMES_PER_SECOND,
    framesBurst: env.PARLEY_FRAMES_BURST,
    connectionsMax: env.PARLEY_CONNECTIONS_MAX,
    connectionsPerAddress: env.PARLEY_CONNECTIONS_PER_ADDRESS,
    connectionsPerAccount: env.PARLEY_CONNECTIONS_PER_ACCOUNT,
    unauthenticatedMax: env.PARLEY_UNAUTHENTICATED_MAX,
    unauthenticatedPerAddress: env.PARLEY_UNAUTHENTICATED_PER_ADDRESS,
    outgoingBytesMax: env.PARLEY_OUTGOING_BYTES_MAX,
    bufferedBytesMax: env.PARLEY_BUFFERED_BYTES_MAX,
  },
});

/** Every part has a default, so `GatewayConfig.parse({})` is valid. */
export const GatewayConfig = variables.transform(gatewayOf);
export type GatewayConfig = z.output<typeof GatewayConfig>;

/** The realm that a dialect opens into: one of its own, unless configured otherwise. */
export const realmOf = ({ dialectRealms }: Pick<GatewayConfig, 'dialectRealms'>, dialect: DialectName): Realm =>
  dialectRealms[dialect] ?? (dialect === 'v1' ? 'main' : dialect);
