// Section 2: clients that try to be another account, and processes with a password of the bus that try to be another service.
import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import jsonwebtoken from 'jsonwebtoken';
import { check, figure } from '../proof/figures.js';
import { clients } from '../fuzz/clients.js';
import { ordinaryTraffic } from './bus-setup.js';
import { ask, openFrom } from './network.js';
import type { Attack } from './setup.js';

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Tokens that look like a good one and are not. */
interface KeySet {
  readonly keys: readonly { readonly n: string }[];
}

const decode = (part: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;

const forgedTokens = (token: string, { keys: [key] }: KeySet): string[] => {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const claims = decode(payload);
  const head = decode(header);
  const publicPem = JSON.stringify(key);
  const hmac = (secret: string): string => {
    const text = `${encode({ ...head, alg: 'HS256' })}.${payload}`;
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
  };
  return [
    `${encode({ ...head, alg: 'none' })}.${payload}.`,
    `${encode({ alg: 'none', typ: 'JWT' })}.${payload}.`,
    hmac(publicPem),
    hmac(''),
    hmac(key?.n ?? ''),
    jsonwebtoken.sign(claims, privateKey, { algorithm: 'RS256', keyid: String(head['kid']), noTimestamp: true }),
    jsonwebtoken.sign(claims, privateKey, { algorithm: 'RS256', keyid: '../../etc/passwd', noTimestamp: true }),
    `${header}.${encode({ ...claims, sub: randomUUID() })}.${signature}`,
    `${header}.${encode({ ...claims, exp: Number(claims['exp']) + 10_000_000 })}.${signature}`,
    `${token}x`,
    token.slice(0, -4),
    `${header}.${payload}.`,
  ];
};

/** Forged tokens at REST and at the socket of v1. */
export const tokenForgery: Attack = async ({ url }) => {
  const user = await clients.v1.user(url);
  const { body: jwks } = await ask(url, 'GET', '/.well-known/jwks.json');
  const accepted: string[] = [];
  const tokens = forgedTokens(user.token, jwks);
  for (const token of tokens) {
    const rest = await ask(url, 'GET', '/v1/me', { token });
    if (rest.status !== 401) accepted.push(`REST ${rest.status} ${token.slice(0, 40)}`);
    const { socket, frames, closed } = await openFrom(url, '/v1/socket', { token });
    await Promise.race([closed, sleep(5_000, undefined, { ref: false })]);
    if (frames.some(({ method }) => method === 'session.opened')) accepted.push(`socket ${token.slice(0, 40)}`);
    socket.terminate();
  }
  figure('forged tokens tried, accepted', `${tokens.length * 2}, ${accepted.length}`);
  for (const one of accepted) console.log(`    ${one}`);
  check('no forged token is accepted', accepted.length === 0);
};

/** Names that look like another's. */
export const confusableNames: Attack = async ({ url }) => {
  const mark = randomUUID().slice(0, 6);
  const password = 'correct horse';
  const signUp = (username: string) => ask(url, 'POST', '/api/auth/signup', { body: { username, password } });
  await signUp(`straße${mark}`);
  await signUp(`οδος${mark}`);
  await signUp(`admin${mark}`);
  const spellings = [
    `STRASSE${mark}`,
    `strasse${mark}`,
    `ΟΔΟΣ${mark}`,
    `οδοσ${mark}`,
    `ADMIN${mark}`,
    `ａｄｍｉｎ${mark}`,
    `ad\u200bmin${mark}`,
    `admin\u00ad${mark}`,
    `\u202eadmin${mark}`,
    `admin${mark}\u2066`,
    `admin${mark}\ufeff`,
    `admin${mark}\u0007`,
  ];
  const accepted: string[] = [];
  for (const name of spellings) {
    const { status } = await signUp(name);
    if (status < 400) accepted.push(JSON.stringify(name));
  }
  figure('confusable names tried, accepted', `${spellings.length}, ${accepted.length} ${accepted.join(' ')}`);
  check('no confusable name is accepted', accepted.length === 0);
};

interface Role {
  readonly name: string;
  readonly rolsuper: boolean;
  readonly rolcreaterole: boolean;
  readonly rolcreatedb: boolean;
  readonly rolbypassrls: boolean;
}

/** What the role of each service may do in PostgreSQL. */
export const databaseRoles: Attack = async ({ url, sql }) => {
  const services = ['auth', 'topics', 'chat', 'signaling'];
  // Connections that are idle are closed: each service is asked first.
  await Promise.all([ordinaryTraffic(url), clients.mesh.user(url)]);
  const connected = await sql<Role>(
    `select distinct a.usename as name, r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolbypassrls
       from pg_stat_activity a join pg_roles r on r.rolname = a.usename
      where a.datname = current_database() and a.pid <> pg_backend_pid()`,
  );
  figure('roles that services are connected with', connected.map(({ name }) => name).join(', '));
  check('each service is connected as a role of its own', connected.length === services.length);
  check(
    'no service is a superuser or may make roles',
    connected.length > 0 &&
      connected.every((one) => !one.rolsuper && !one.rolcreaterole && !one.rolcreatedb && !one.rolbypassrls),
  );
  const owned = await sql<unknown>(
    `select c.oid::regclass::text as relation, r.rolname from pg_class c join pg_roles r on r.oid = c.relowner
      join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = any($1) and r.rolname = any($2)`,
    [services, connected.map(({ name }) => name)],
  );
  check('no service owns a table', owned.length === 0);
  const foreign = await sql<{ rolname: string; nspname: string }>(
    `select r.rolname, n.nspname from pg_roles r cross join pg_namespace n
      where r.rolname = any($1) and n.nspname = any($2) and has_schema_privilege(r.rolname, n.nspname, 'usage')`,
    [connected.map(({ name }) => name), services],
  );
  const perRole = new Map<string, string[]>();
  for (const { rolname, nspname } of foreign) perRole.set(rolname, [...(perRole.get(rolname) ?? []), nspname]);
  figure('schemas that each role may use', JSON.stringify(Object.fromEntries(perRole)));
  check(
    'each role uses one schema',
    [...perRole.values()].every((schemas) => schemas.length === 1),
  );
};
