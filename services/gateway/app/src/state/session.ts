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

/** null: nobody is signed in. */
export const session = new State<Session | null>(null);
/** Whether the last session ended without being signed out here. */
export const hasEnded = new State(false);

const storage: ClientStorage = {
  load() {
    const stored = readSetting(sessionKey);
    return stored === null ? null : (JSON.parse(stored) as Saved);
  },
  save: (saved) => writeSetting(sessionKey, JSON.stringify(saved)),
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
  open(new ParleyClient({ url: location.origin, tokens, storage, timelineMax }), me);
};

/** Continues the session that this device keeps, if there is one. */
export const resume = (): void => {
  const me = readMe();
  if (me === null || readSetting(sessionKey) === null) return;
  open(new ParleyClient({ url: location.origin, storage, timelineMax }), me);
};

/** Ends the session, here and on the server, and removes what this device has kept. */
export const signOut = async (): Promise<void> => {
  const current = session.value;
  if (current === null) return;
  session.set(null);
  // Without a network the tokens are forgotten here and expire there.
  await current.client.rest.signOut().catch(() => undefined);
  await current.client.close();
  await forget();
};

/** Another tab signed out, or in: this one follows. */
export const followOtherTabs = (): void => {
  addEventListener('storage', ({ key }) => {
    if (key !== 'parley.account' && key !== null) return;
    const me = readMe();
    const current = session.value;
    if (current?.me.id === me?.id) return;
    session.set(null);
    void current?.client.close();
    resume();
  });
};
