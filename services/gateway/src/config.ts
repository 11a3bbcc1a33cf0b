import { DialectName, dialectNames, Realm } from '@parley/contracts';
import { flag, integer, list, port, tlsFilesOf, tlsVariables } from '@parley/runtime';
import { z } from 'zod';
import { redisUrlMistake } from './redis-url.js';

const Address = z.union(
  [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()],
  'is not usable; expected addresses or CIDR ranges',
);
const noList: string[] = [];

/** Scheme, host and port, as a browser sends them in `Origin`. */
const Origin = z
  .url({ protocol: /^https?$/, error: 'is not usable; expected origins like https://app.example.com' })
  .transform((given, context) => {
    const { origin, pathname, search, hash } = new URL(given);
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
  HOST: z.string().min(1).default('127.0.0.1').describe('where clients connect; `0.0.0.0`: on every address'),
  PORT: port.default(8000).describe('the port where clients connect'),
  REDIS_URL: z
    .string()
    .trim()
    .superRefine((given, context) => {
      const mistake = redisUrlMistake(given);
      if (mistake !== null) context.addIssue({ code: 'custom', message: mistake });
    })
    .optional()
    .describe(
      'Redis for the counts of failed sign-ins and for presence, shared by all gateways; without it, or while it is down, each gateway knows only its own. `redis://:password@host:6379`, [Sentinel or Cluster](operations.md#redis-that-fails-over)',
    ),
  ...tlsVariables('PARLEY_REDIS'),
  PARLEY_TRUSTED_PROXIES: list
    .default(noList)
    .pipe(z.array(Address))
    .describe('addresses and ranges whose `X-Forwarded-For` is trusted; its entries may have ports'),
  PARLEY_CORS_ORIGINS: list
    .default(noList)
    .pipe(z.array(Origin))
    .describe('origins of web pages that send requests with credentials; every origin may send them without'),
  PARLEY_DIALECT_REALMS: DialectRealms.meta({
    description: '`rooms:main,…`: clients of dialects that share a realm can communicate',
    defaultText: 'each dialect its own, v1 `main`',
  }),
  PARLEY_V1_REALMS: list
    .default(noList)
    .pipe(z.array(Realm))
    .describe('further realms that a v1 client may name at sign-up and sign-in'),
  PARLEY_REGISTRATIONS_PER_ADDRESS: integer(1, 10_000_000, 2_000).describe(
    'new accounts from one client address in ten minutes',
  ),
  PARLEY_ACCOUNT_REQUESTS_PER_SECOND: integer(1, 1_000_000, 1).removeDefault().optional().meta({
    description:
      'requests and frames of one account, over REST and all its connections to one gateway; further ones get 429 with `Retry-After`',
    defaultText: 'four times `PARLEY_FRAMES_PER_SECOND`',
  }),
  PARLEY_ACCOUNT_REQUESTS_BURST: integer(1, 1_000_000, 1)
    .removeDefault()
    .optional()
    .meta({ description: 'the same, at once', defaultText: 'four times `PARLEY_FRAMES_BURST`' }),
  PARLEY_ADDRESS_REQUESTS_PER_SECOND: integer(1, 1_000_000, 200).describe(
    'REST requests and pages of one client address (IPv6: a /64) on one gateway; loopback is not counted',
  ),
  PARLEY_ADDRESS_REQUESTS_BURST: integer(1, 1_000_000, 2_000).describe('the same, at once'),
  PARLEY_ADDRESS_CREDENTIALS_PER_SECOND: integer(1, 1_000_000, 10).describe(
    'device registrations, token refreshes and socket tickets of one client address on one gateway; password sign-ins are counted separately, loopback is not',
  ),
  PARLEY_ADDRESS_CREDENTIALS_BURST: integer(1, 1_000_000, 2_000).describe('the same, at once'),
  PARLEY_BODY_BYTES_MAX: integer(1_024, 900 * 1024, 256 * 1024).describe(
    'largest body of a request; larger ones are refused',
  ),
  PARLEY_FRAME_BYTES_MAX: integer(1_024, 900 * 1024, 256 * 1024).describe(
    'largest frame of a client; larger ones are refused',
  ),
  PARLEY_FRAMES_PER_SECOND: integer(1, 100_000, 50).describe(
    'frames of one connection; beyond, the gateway refuses frames of v1, and reads those of other dialects more slowly',
  ),
  PARLEY_FRAMES_BURST: integer(1, 100_000, 100).describe('the same, at once'),
  PARLEY_CONNECTIONS_MAX: integer(1, 1_000_000, 50_000).describe('authenticated connections per process'),
  PARLEY_CONNECTIONS_PER_ADDRESS: integer(1, 1_000_000, 10_000).describe(
    'connections of one client address (IPv6: a /64) to one gateway; loopback is not counted',
  ),
  PARLEY_CONNECTIONS_PER_ACCOUNT: integer(1, 1_000_000, 2_000).describe('connections of one account to one gateway'),
  PARLEY_UNAUTHENTICATED_MAX: integer(1, 1_000_000, 4_000).describe(
    'connections to one gateway that have not authenticated, besides the authenticated ones; beyond, a new connection replaces the one that has been silent longest',
  ),
  PARLEY_UNAUTHENTICATED_PER_ADDRESS: integer(1, 1_000_000, 1_000).describe(
    'the same, of one client address; further ones are refused',
  ),
  PARLEY_OUTGOING_BYTES_MAX: integer(64 * 1024, 1024 ** 3, 4 * 1024 * 1024).describe(
    'unread bytes of one client: beyond, its connection is closed with 1013; with more than 1 MiB unread, it is closed after 10 s',
  ),
  PARLEY_BUFFERED_BYTES_MAX: integer(1024 * 1024, 1024 ** 4, 256 * 1024 * 1024).describe(
    'unread bytes of all clients of one gateway together; beyond, connections with the most unread bytes are closed first',
  ),
  PARLEY_TRUST_CLIENT_SAMPLING: flag(false).describe(
    "whether the `sampled` flag of a client's `traceparent` decides what is recorded; otherwise the gateway's sampler decides, as for its own traces, and the gateway only continues the trace id",
  ),
  PARLEY_SOCKETS_END_WITH_TOKEN: flag(false).describe(
    'whether sockets of dialects other than v1 are closed when their token expires, as those of v1 always are; the end of a session closes its sockets in any case',
  ),
  PARLEY_PRESENCE_LEASE_MS: integer(1_000, 300_000, 15_000).describe(
    'how long the connections of a killed gateway still count as connected; needs `REDIS_URL`',
  ),
  PARLEY_DRAIN_MS: integer(0, 600_000, 10_000).describe('how long a stopping gateway takes to close its connections'),
  PARLEY_SWIFTY_OFFLINE_QUEUE: flag(true).describe(
    'whether a direct message to a swifty device that is not connected is kept until it connects',
  ),
  PARLEY_SWIFTY_KEPT_MAX: integer(1, 5_000, 1_000).describe('messages kept for one device; the oldest are skipped'),
  PARLEY_SWIFTY_KEPT_BYTES_MAX: integer(1_024, 64 * 1024 * 1024, 4 * 1024 * 1024).describe('bytes kept for one device'),
  PARLEY_SWIFTY_KEPT_HOURS: integer(1, 24 * 365, 24 * 7).describe('how long they are kept'),
  PARLEY_SWIFTY_TOKENS_REQUIRED: flag(false).describe(
    'whether `/clients` and `/topics` of swifty require a token; if they do not, a gateway that listens beyond loopback warns when it starts',
  ),
  PARLEY_SWIFTY_TOKEN_TO_REREGISTER: flag(false).describe(
    'whether a device with a known uuid needs an earlier token to register again, even while it is not connected',
  ),
  PARLEY_SWIFTY_ENROLMENT_SECRET: z
    .string()
    .min(16, 'is not usable; expected at least 16 characters')
    .optional()
    .describe(
      'the secret that a device sends (header `X-Enrolment-Secret`) to register in a realm that swifty shares; without it no device can',
    ),
  PARLEY_MESH_OPEN_ORGANIZATIONS: flag(true).describe(
    'whether every account that knows the number of a mesh organization may join it; `open` at its creation overrides this for one organization',
  ),
  PARLEY_SAMPLE_DATA: flag(false).describe(
    'whether the sample users of the old READMEs exist, whose passwords are published; pages then show their logins',
  ),
  PARLEY_FLUENT_OPEN_DIRECTORY: flag(true).describe(
    "whether fluent's lists of users are readable without a token, as its app requests them",
  ),
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
