import { nearestName } from './nearest-name.js';

/**
 * Every variable beginning with PARLEY_ that any part of Parley reads: processes often get the settings of all parts. A test verifies the
 * list against the schemas of all parts.
 */
export const parleyVariables: readonly string[] = [
  'PARLEY_ACCESS_MINUTES_CONVERSATIONS',
  'PARLEY_ACCESS_MINUTES_FLUENT',
  'PARLEY_ACCESS_MINUTES_MESH',
  'PARLEY_ACCESS_MINUTES_ROOMS',
  'PARLEY_ACCESS_MINUTES_SWIFTY',
  'PARLEY_ACCESS_MINUTES_V1',
  'PARLEY_ACCOUNT_CHECK_MS',
  'PARLEY_ACCOUNT_REQUESTS_BURST',
  'PARLEY_ACCOUNT_REQUESTS_PER_SECOND',
  'PARLEY_ADDRESS_CREDENTIALS_BURST',
  'PARLEY_ADDRESS_CREDENTIALS_PER_SECOND',
  'PARLEY_ADDRESS_REQUESTS_BURST',
  'PARLEY_ADDRESS_REQUESTS_PER_SECOND',
  'PARLEY_BODY_BYTES_MAX',
  'PARLEY_BUFFERED_BYTES_MAX',
  'PARLEY_CHANNELS_PER_ACCOUNT_MAX',
  'PARLEY_CHAT_AUTHORIZE_CACHE_MS',
  'PARLEY_CHAT_GROUP_BYTES_MAX',
  'PARLEY_CHAT_GROUP_MESSAGES_MAX',
  'PARLEY_CHAT_WAITING_MAX',
  'PARLEY_CONNECTIONS_MAX',
  'PARLEY_CONNECTIONS_PER_ACCOUNT',
  'PARLEY_CONNECTIONS_PER_ADDRESS',
  'PARLEY_CORS_ORIGINS',
  'PARLEY_DATABASE_ADMIN_URL',
  'PARLEY_DATABASE_CA_FILE',
  'PARLEY_DATABASE_CERT_FILE',
  'PARLEY_DATABASE_CONNECTIONS',
  'PARLEY_DATABASE_KEY_FILE',
  'PARLEY_DATABASE_SERVICE_URL',
  'PARLEY_DELETED_NAME_DAYS',
  'PARLEY_DEVICES_PER_HANDLE',
  'PARLEY_DIALECT_REALMS',
  'PARLEY_DRAIN_MS',
  'PARLEY_EDIT_WINDOW_HOURS',
  'PARLEY_FLUENT_OPEN_DIRECTORY',
  'PARLEY_FOLDER',
  'PARLEY_FRAMES_BURST',
  'PARLEY_FRAMES_PER_SECOND',
  'PARLEY_FRAME_BYTES_MAX',
  'PARLEY_HASHES_AT_ONCE',
  'PARLEY_HEALTH_HOST',
  'PARLEY_HEALTH_PORT',
  'PARLEY_KEY_ROTATION_DAYS',
  'PARLEY_LOG_LEVEL',
  'PARLEY_MEMBERS_PER_CHANNEL_MAX',
  'PARLEY_MESH_OPEN_ORGANIZATIONS',
  'PARLEY_NATS_CA_FILE',
  'PARLEY_NATS_CERT_FILE',
  'PARLEY_NATS_KEY_FILE',
  'PARLEY_OUTGOING_BYTES_MAX',
  'PARLEY_PRESENCE_LEASE_MS',
  'PARLEY_REALMS',
  'PARLEY_REDIS_CA_FILE',
  'PARLEY_REDIS_CERT_FILE',
  'PARLEY_REDIS_KEY_FILE',
  'PARLEY_REFRESH_DAYS_CONVERSATIONS',
  'PARLEY_REFRESH_DAYS_FLUENT',
  'PARLEY_REFRESH_DAYS_MESH',
  'PARLEY_REFRESH_DAYS_ROOMS',
  'PARLEY_REFRESH_DAYS_SWIFTY',
  'PARLEY_REFRESH_DAYS_V1',
  'PARLEY_REGISTRATIONS_PER_ADDRESS',
  'PARLEY_RETENTION_DAYS',
  'PARLEY_SAMPLE_DATA',
  'PARLEY_SECRET',
  'PARLEY_SESSIONS_PER_ACCOUNT',
  'PARLEY_SHUTDOWN_DELAY_MS',
  'PARLEY_SOCKETS_END_WITH_TOKEN',
  'PARLEY_STARTUP_WAIT_MS',
  'PARLEY_SWIFTY_ENROLMENT_SECRET',
  'PARLEY_SWIFTY_KEPT_BYTES_MAX',
  'PARLEY_SWIFTY_KEPT_HOURS',
  'PARLEY_SWIFTY_KEPT_MAX',
  'PARLEY_SWIFTY_OFFLINE_QUEUE',
  'PARLEY_SWIFTY_TOKENS_REQUIRED',
  'PARLEY_SWIFTY_TOKEN_TO_REREGISTER',
  'PARLEY_TRACE_RATIO',
  'PARLEY_TRUSTED_PROXIES',
  'PARLEY_TRUST_CLIENT_SAMPLING',
  'PARLEY_UNAUTHENTICATED_MAX',
  'PARLEY_UNAUTHENTICATED_PER_ADDRESS',
  'PARLEY_V1_REALMS',
];

/** Former name of a variable → its name. A former name is still read in the release that renames it, with a warning. */
export const renamedVariables: Readonly<Record<string, string>> = {
  PARLEY_CHAT_KEPT_DAYS: 'PARLEY_RETENTION_DAYS',
  PARLEY_SESSIONS_MAX: 'PARLEY_CONNECTIONS_MAX',
  PARLEY_UNREADY_MS: 'PARLEY_SHUTDOWN_DELAY_MS',
};

const isSet = (environment: NodeJS.ProcessEnv, name: string): boolean => (environment[name] ?? '').trim() !== '';

/** The former names that are set, by themselves or with `_FILE`. */
const formerNamesIn = (environment: NodeJS.ProcessEnv): [former: string, name: string][] =>
  Object.entries(renamedVariables).filter(
    ([former]) => isSet(environment, former) || isSet(environment, `${former}_FILE`),
  );

/** The environment with the values of former names under the current ones; a value under its current name counts first. */
export const withCurrentNames = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv => {
  const current = { ...environment };
  for (const [former, name] of formerNamesIn(environment)) {
    for (const suffix of ['', '_FILE']) delete current[`${former}${suffix}`];
    if (isSet(environment, name) || isSet(environment, `${name}_FILE`)) continue;
    for (const suffix of ['', '_FILE'])
      if (isSet(environment, `${former}${suffix}`)) current[`${name}${suffix}`] = environment[`${former}${suffix}`];
  }
  return current;
};

/** Read by tests, proofs, the benchmark, scripts and the compose file, whose environment a process may share. */
const readElsewhere = /^PARLEY_(?:TEST|PROVE|BENCH|HELM|PACKED|IMAGE|VERSION|REVISION|WRITE|PROXY)(?:_|$)/;

/** Variables that Kubernetes sets in every pod for each service, unless disabled: for a service `parley-auth`, PARLEY_AUTH_PORT. */
const serviceLink =
  /_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT_\d{1,5}_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/;
const serviceLinkValue = /^(?:tcp|udp|sctp):\/\//;

const isElsewhere = (name: string, value: string): boolean =>
  readElsewhere.test(name) || serviceLink.test(name) || serviceLinkValue.test(value);

const isKnown = (name: string): boolean => parleyVariables.includes(name) || Object.hasOwn(renamedVariables, name);

/** The variables beginning with PARLEY_ that no part of Parley reads, sorted, each with the known name that it probably means. */
export const unknownVariables = (
  environment: NodeJS.ProcessEnv,
): readonly { readonly name: string; readonly meant: string | undefined }[] =>
  Object.entries(environment)
    .filter(([name, value = '']) => name.startsWith('PARLEY_') && !isElsewhere(name, value))
    .map(([name]) => name)
    .filter((name) => !isKnown(name) && !isKnown(name.replace(/_FILE$/, '')))
    .sort()
    .map((name) => ({ name, meant: nearestName(name, parleyVariables) }));

/**
 * Logs one warning for each variable with a former name, and for each without effect: unknown ones, and the set ones among `ignored`, which
 * maps a name to the reason. Logs no value.
 */
export const warnOfVariables = (
  environment: NodeJS.ProcessEnv,
  log: { warn(text: string): void },
  ignored: Readonly<Record<string, string>> = {},
): void => {
  for (const { name, meant } of unknownVariables(environment))
    log.warn(`${name} is not a variable of Parley and has no effect${meant ? `; did you mean ${meant}?` : ''}`);
  for (const [former, name] of formerNamesIn(environment))
    log.warn(`${former} is now ${name}; the former name is not read any more after this release`);
  for (const [name, reason] of Object.entries(ignored)) if (environment[name]) log.warn(reason);
};
