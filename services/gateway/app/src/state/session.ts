// Who is signed in on this device. The SDK keeps tokens, positions and unsent messages in the storage that it gets here.
import { type ClientStorage, type Grant, ParleyClient, type Saved, isParleyError } from '@parley/client';
import { snapshots } from '../offline/snapshots.js';
import { drafts } from './drafts.js';
import { readSetting, writeSetting } from './local-settings.js';
import { State } from './state.js';

const sessionKey = 'session';
const accountKey = 'account';

/** More would make scrolling slow, fewer would load often. */
const timelineMax = 240;

/** The account of this device, known without a network too. */
export interface Me {
  readonly id: string;
  readonly name: string;
  readonly username: string | null;
}

export interface Session {
  readonly client: ParleyClient;
  readonly me: Me;
}

/** null: not signed in. */
export const session = new State<Session | null>(null);
/** Whether the last session ended without being signed out here. */
export const hasEnded = new State(false);

/** How long signing out waits for the server. */
const signOutMs = 8_000;

/** Whether the last session was ended here while the server could not be reached, where it goes on until its tokens expire. */
export const endedHereOnly = new State(false);

/** The storage of the session that is open now; null: there is none, and nothing may be written any more. */
let writer: object | null = null;

const storageOfSession = (): ClientStorage => {
  const own = {};
  writer = own;
  return {
    load() {
      const stored = readSetting(sessionKey);
      return stored === null ? null : (JSON.parse(stored) as Saved);
    },
    // A client that is being closed may still store what it has just received.
    save: (saved) => (writer === own ? writeSetting(sessionKey, JSON.stringify(saved)) : undefined),
  };
};

const readMe = (): Me | null => {
  try {
    const value = JSON.parse(readSetting(accountKey) ?? 'null') as Partial<Me> | null;
    if (typeof value?.id !== 'string' || typeof value.name !== 'string') return null;
    return { id: value.id, name: value.name, username: value.username ?? null };
  } catch {
    return null;
  }
};

const forget = async (): Promise<void> => {
  writer = null;
  writeSetting(sessionKey, null);
  writeSetting(accountKey, null);
  drafts.clear();
  await snapshots.clear();
};

const open = (client: ParleyClient, me: Me): void => {
  client.on('state', (state) => {
    if (state.name !== 'closed' || state.error === null || session.value?.client !== client) return;
    const isOver = isParleyError(state.error) && state.error.code === 'unauthenticated';
    session.set(null);
    hasEnded.set(true);
    if (isOver) void forget();
  });
  hasEnded.set(false);
  endedHereOnly.set(false);
  session.set({ client, me });
  // It goes on trying by itself; how it stands is shown by the state of the connection.
  client.connect().catch(() => undefined);
};

/** Begins a session with what signing in or up answered. */
export const begin = (grant: Grant): void => {
  const { account, accessToken, refreshToken, accessTokenExpiresAt } = grant;
  const me = { id: account.id, name: account.name, username: account.username ?? null };
  writeSetting(accountKey, JSON.stringify(me));
  const tokens = { accessToken, accessTokenExpiresAt, ...(refreshToken !== undefined && { refreshToken }) };
  open(new ParleyClient({ url: location.origin, tokens, storage: storageOfSession(), timelineMax }), me);
};

/** Continues the session that this device keeps, if there is one. */
export const resume = (): void => {
  const me = readMe();
  if (me === null || readSetting(sessionKey) === null) return;
  open(new ParleyClient({ url: location.origin, storage: storageOfSession(), timelineMax }), me);
};

/**
 * Ends the session, here and on the server, and removes what this device has kept. That comes first and needs no network: without one the
 * session is over here at once, and on the server when its tokens expire or another device ends it (`endedHereOnly`).
 */
export const signOut = async (): Promise<void> => {
  const current = session.value;
  if (current === null) return;
  session.set(null);
  const forgotten = forget();
  const isOver = await current.client.rest.signOut({ signal: AbortSignal.timeout(signOutMs) }).then(
    () => true,
    (error: unknown) => isParleyError(error) && error.code === 'unauthenticated',
  );
  await current.client.close();
  await forgotten;
  if (session.value === null) endedHereOnly.set(!isOver);
};

/** Changes the display name. A new connection has it at once. */
export const rename = async (name: string): Promise<void> => {
  const current = session.value;
  if (current === null) return;
  const account = await current.client.rest.setName(name);
  writeSetting(accountKey, JSON.stringify({ ...current.me, name: account.name }));
  await current.client.close();
  resume();
};

/** Another tab signed out, or in: this one follows. */
export const followOtherTabs = (): void => {
  addEventListener('storage', ({ key }) => {
    if (key !== 'parley.account' && key !== null) return;
    const me = readMe();
    const current = session.value;
    if (current?.me.id === me?.id && current?.me.name === me?.name) return;
    if (current?.me.id !== me?.id) session.set(null);
    void current?.client.close().then(() => resume());
    if (current === null) resume();
  });
};
