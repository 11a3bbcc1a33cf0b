import { type DialectName, Realm, dialectNames } from '@parley/contracts';
import { integer, list } from '@parley/runtime';
import { z } from 'zod';

/** Secrets that old READMEs and tutorials print: every reader of these could forge tokens. */
const publishedSecrets = new Set([
  'your-secret-key-change-in-production',
  'your-secret-key-here',
  'your-secret-key-change-this-in-production',
  '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
]);

/** What examples write in place of a secret; a random string of 32 characters contains none of these. */
const placeholder =
  /change[-_ ]?(me|this|in)|your[-_ ](own[-_ ])?secret|super[-_ ]?secret|placeholder|example|password/i;

/** Random text of this length has far more; one repeated character or short word does not. */
const differentCharactersMin = 10;

const Secret = z
  .string({ error: 'is required: at least 32 random characters, for example from `openssl rand -base64 48`' })
  .refine((value) => !publishedSecrets.has(value), {
    error: 'is printed in a public README, so everybody knows it; make one with `openssl rand -base64 48`',
    abort: true,
  })
  .refine((value) => !placeholder.test(value), {
    error: 'is an example and not a secret; make one with `openssl rand -base64 48`',
    abort: true,
  })
  .min(32, { error: 'must have at least 32 characters; make one with `openssl rand -base64 48`', abort: true })
  .refine((value) => new Set(value).size >= differentCharactersMin, {
    error: 'is not random; make one with `openssl rand -base64 48`',
  });

const accessMinutes = { v1: 15, swifty: 60, rooms: 1440, mesh: 60, fluent: 60, conversations: 3000 };
const refreshDays = { v1: 30, swifty: 30, rooms: 7, mesh: 30, fluent: 7, conversations: 30 };
const weekMinutes = 7 * 24 * 60;

/** Dialects whose old READMEs name this variable. It applies to them only; PARLEY_ACCESS_MINUTES_<DIALECT> takes precedence. */
const namedByReadmes: readonly DialectName[] = ['swifty', 'rooms'];

const accessLifeText = (dialect: DialectName) => `minutes that an access token of ${dialect} is valid`;
const accessLife = (dialect: DialectName) =>
  integer(1, weekMinutes, accessMinutes[dialect]).describe(accessLifeText(dialect));
const accessLifeUnlessShared = (dialect: DialectName) =>
  accessLife(dialect)
    .removeDefault()
    .optional()
    .meta({
      description: accessLifeText(dialect),
      defaultText: `${accessMinutes[dialect]}, or \`ACCESS_TOKEN_EXPIRE_MINUTES\``,
    });
const refreshLife = (dialect: DialectName) =>
  integer(1, 365, refreshDays[dialect]).describe(`days that a refresh token of ${dialect} is valid`);

const variables = {
  PARLEY_SECRET: Secret.describe(
    'at least 32 random characters; encrypts the signing keys. Published secrets, examples and secrets that are not random are refused',
  ),
  PARLEY_REALMS: list
    .default(['main', 'swifty', 'rooms', 'mesh', 'fluent', 'conversations'])
    .pipe(z.array(Realm).min(1))
    .describe('realms that exist, separated by commas'),
  PARLEY_KEY_ROTATION_DAYS: integer(1, 365, 30).describe('how long a key signs'),
  PARLEY_HASHES_AT_ONCE: integer(1, 4, 3).describe('passwords that are hashed at the same time'),
  PARLEY_DELETED_NAME_DAYS: integer(0, 3_650, 30).describe(
    'how long the user name of a deleted account stays reserved',
  ),
  PARLEY_DEVICES_PER_HANDLE: integer(1, 100_000, 1_000).describe(
    'accounts with a live session behind one swifty uuid; a further registration without an earlier token is refused',
  ),
  PARLEY_SESSIONS_PER_ACCOUNT: integer(1, 100_000, 1_000).describe(
    'live sessions of one account: a fleet of agents may share one, and a device signs in at each start; a further sign-in ends the oldest session and closes its sockets',
  ),
  PARLEY_ACCESS_MINUTES_V1: accessLife('v1'),
  PARLEY_ACCESS_MINUTES_SWIFTY: accessLifeUnlessShared('swifty'),
  PARLEY_ACCESS_MINUTES_ROOMS: accessLifeUnlessShared('rooms'),
  ACCESS_TOKEN_EXPIRE_MINUTES: integer(1, weekMinutes, 1)
    .removeDefault()
    .optional()
    .describe('from the old READMEs of swifty and rooms: applies to those two if their own variable is not set'),
  PARLEY_ACCESS_MINUTES_MESH: accessLife('mesh'),
  PARLEY_ACCESS_MINUTES_FLUENT: accessLife('fluent'),
  PARLEY_ACCESS_MINUTES_CONVERSATIONS: accessLife('conversations'),
  PARLEY_REFRESH_DAYS_V1: refreshLife('v1'),
  PARLEY_REFRESH_DAYS_SWIFTY: refreshLife('swifty'),
  PARLEY_REFRESH_DAYS_ROOMS: refreshLife('rooms'),
  PARLEY_REFRESH_DAYS_MESH: refreshLife('mesh'),
  PARLEY_REFRESH_DAYS_FLUENT: refreshLife('fluent'),
  PARLEY_REFRESH_DAYS_CONVERSATIONS: refreshLife('conversations'),
};

/** The dialects that return refresh tokens to their clients; for the others none is stored. */
export const refreshingDialects: ReadonlySet<DialectName> = new Set(['v1', 'rooms', 'fluent']);

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** The lifetime of the tokens of each dialect, in milliseconds. */
const lives = (life: (dialect: Uppercase<DialectName>) => number): Record<DialectName, number> => {
  const entries = dialectNames.map((name) => [name, life(name.toUpperCase() as Uppercase<DialectName>)]);
  return Object.fromEntries(entries) as Record<DialectName, number>;
};

const Environment = z.object(variables);

const accessMinutesOf = (env: z.output<typeof Environment>, dialect: Uppercase<DialectName>): number => {
  const name = dialect.toLowerCase() as DialectName;
  const shared = namedByReadmes.includes(name) ? env.ACCESS_TOKEN_EXPIRE_MINUTES : undefined;
  return env[`PARLEY_ACCESS_MINUTES_${dialect}`] ?? shared ?? accessMinutes[name];
};

const fromEnvironment = (env: z.output<typeof Environment>) => ({
  secret: env.PARLEY_SECRET,
  realms: env.PARLEY_REALMS,
  keyRotationMs: env.PARLEY_KEY_ROTATION_DAYS * dayMs,
  hashesAtOnce: env.PARLEY_HASHES_AT_ONCE,
  deletedNameMs: env.PARLEY_DELETED_NAME_DAYS * dayMs,
  devicesPerHandle: env.PARLEY_DEVICES_PER_HANDLE,
  sessionsPerAccount: env.PARLEY_SESSIONS_PER_ACCOUNT,
  accessLifeMs: lives((dialect) => accessMinutesOf(env, dialect) * minuteMs),
  refreshLifeMs: lives((dialect) => env[`PARLEY_REFRESH_DAYS_${dialect}`] * dayMs),
});

/** Settings of auth itself. */
export const AuthConfig = Environment.transform(fromEnvironment);
export type AuthConfig = z.output<typeof AuthConfig>;

/** Variables of old servers, each with the message that explains why it has no effect. */
export const ignoredVariables: Readonly<Record<string, string>> = {
  SECRET_KEY: 'SECRET_KEY belongs to an old server and is ignored; Parley uses PARLEY_SECRET',
  JWT_SECRET_KEY: 'JWT_SECRET_KEY belongs to an old server and is ignored; Parley uses PARLEY_SECRET',
};
