import type { ConnectOptions } from './client-options.js';
import { ParleyError, unavailable } from './parley-error.js';
import type { ClientState } from './types.js';

export interface Opening {
  readonly state: ClientState;
  on(name: 'state', handler: (state: ClientState) => void): () => void;
  close(): Promise<void>;
}

/** Resolves when the client is open. Rejects when it is closed, and after `deadlineMs`; aborting closes it. */
export const untilOpen = async (client: Opening, { signal, deadlineMs = 60_000 }: ConnectOptions): Promise<void> => {
  let stop = (): void => {};
  const interrupted = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(connectDeadline()), Math.min(deadlineMs, 2 ** 31 - 1));
    const onAbort = (): void => {
      reject(signal?.reason as Error);
      void client.close();
    };
    signal?.addEventListener('abort', onAbort);
    stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
  });
  await Promise.race([interrupted, whenOpen(client)]).finally(stop);
};

const whenOpen = (client: Opening): Promise<void> =>
  new Promise((resolve, reject) => {
    const check = (state: ClientState): void => {
      if (state.name === 'open') resolve();
      else if (state.name === 'closed') reject(state.error ?? closed());
      else return;
      stop();
    };
    const stop = client.on('state', check);
    check(client.state);
  });

const connectDeadline = (): ParleyError =>
  unavailable('connect_deadline', 'There was no connection in time; the client goes on trying');
export const notConnected = (): ParleyError => new ParleyError('conflict', 'not_connected', 'Call connect() first');
export const closed = (): ParleyError => unavailable('client_closed', 'The client is closed');
