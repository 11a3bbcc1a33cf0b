import { createContext, createElement, useContext, useMemo, useSyncExternalStore } from 'react';
import type { FunctionComponentElement, ProviderProps, ReactNode } from 'react';
import type { ParleyClient } from './client.js';
import type {
  AccountPresence,
  ChannelList,
  ChannelListItem,
  LiveChannel,
  Timeline,
  TimelineMessage,
} from './objects/types.js';
import type { Observable } from './observable.js';

const Context = createContext<ParleyClient | null>(null);

/** Gives the components below it a client. */
export const ParleyProvider = ({
  client,
  children,
}: {
  client: ParleyClient;
  children?: ReactNode;
}): FunctionComponentElement<ProviderProps<ParleyClient | null>> =>
  createElement(Context.Provider, { value: client }, children);

/** The client of the nearest `ParleyProvider`. Throws without one. */
export const useClient = (): ParleyClient => {
  const client = useContext(Context);
  if (!client) throw new Error('There is no ParleyProvider above this component.');
  return client;
};

/** The present value of an observable; the component is rendered again when it changes. */
export const useObservable = <T>(observable: Observable<T>): T => {
  const [subscribe, snapshot] = useMemo(
    () => [(listener: () => void) => observable.subscribe(listener), () => observable.value] as const,
    [observable],
  );
  return useSyncExternalStore(subscribe, snapshot, snapshot);
};

/** The channel with this id, which stays in use while the component is mounted. */
export const useChannel = (id: string): LiveChannel => {
  const client = useClient();
  const channel = useMemo(() => client.channel(id), [client, id]);
  useObservable(channel.status);
  return channel;
};

/** The messages of a timeline: of a channel by its id or its `messages`, or of a thread. */
export const useMessages = (
  of: string | Timeline,
): { readonly items: readonly TimelineMessage[]; readonly timeline: Timeline } => {
  const client = useClient();
  const timeline = useMemo(() => (typeof of === 'string' ? client.channel(of).messages : of), [client, of]);
  return { items: useObservable(timeline), timeline };
};

/** The list of channels. */
export const useChannels = (): { readonly items: readonly ChannelListItem[]; readonly list: ChannelList } => {
  const { channels } = useClient();
  return { items: useObservable(channels), list: channels };
};

/** The presence of an account. */
export const usePresence = (accountId: string): AccountPresence => {
  const client = useClient();
  return useObservable(useMemo(() => client.presence.of(accountId), [client, accountId]));
};
