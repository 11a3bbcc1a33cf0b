import type { ClientState, ParleyClient } from '@parley/client';
import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { Me, Session } from '../state/session.js';

export const SessionContext = createContext<Session | null>(null);

const useSession = (): Session => {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('Not signed in');
  return session;
};

export const useClient = (): ParleyClient => useSession().client;
export const useMe = (): Me => useSession().me;

/** The state of the connection. */
export const useConnection = (): ClientState => {
  const client = useClient();
  const [state, setState] = useState(client.state);
  useEffect(() => {
    setState(client.state);
    return client.on('state', setState);
  }, [client]);
  return state;
};
