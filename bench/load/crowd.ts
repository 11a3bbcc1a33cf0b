// All clients of one load, connected and in their channels.
import pMap from 'p-map';
import type { Seating, Target } from '../targets/target.js';
import { type Client, openClient } from './client.js';
import { readStamp, type Stamp } from './stamp.js';

const openedAtOnce = 32;

export interface Crowd {
  readonly clients: readonly Client[];
  /** By channel, the clients that receive it. */
  readonly members: Seating['members'];
  /** How long each took from its connection to the last answer, in milliseconds, in the order in which they were ready. */
  readonly readyMs: readonly number[];
  /** Whom deliveries go to. */
  onDelivery(listener: (client: number, stamp: Stamp) => void): void;
  /** Clients whose connections were not ended by this process. */
  readonly lost: ReadonlySet<number>;
  send(client: number, channel: number, text: string): Promise<void>;
  close(): Promise<void>;
}

/** Connects every client of the seating and joins its channels. `atOnce`: how many are under way. */
export const openCrowd = async (target: Target, seating: Seating, atOnce = openedAtOnce): Promise<Crowd> => {
  const state: State = { opened: [], readyMs: [], lost: new Set(), listener: () => undefined };
  const channelsOf = channelsByClient(seating);
  const close = () => pMap(state.opened, (client) => client.close(), { concurrency: 100 }).then(() => undefined);
  try {
    const clients = await pMap(
      seating.headers,
      (headers, index) => openOne(target, state, { index, headers, channels: channelsOf[index] ?? [] }),
      { concurrency: atOnce },
    );
    return {
      clients,
      members: seating.members,
      readyMs: state.readyMs,
      onDelivery: (given) => void (state.listener = given),
      lost: state.lost,
      send: async (client, channel, text) => {
        const channelId = seating.channelIds[channel] ?? '';
        await clients[client]?.request((id) => target.wire.send(id, channelId, text));
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};

interface State {
  /** In the order in which they were accepted. */
  readonly opened: Client[];
  readonly readyMs: number[];
  readonly lost: Set<number>;
  listener: (client: number, stamp: Stamp) => void;
}

interface Member {
  readonly index: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly channels: readonly string[];
}

const openOne = async ({ url, wire }: Target, state: State, { index, headers, channels }: Member): Promise<Client> => {
  const from = performance.now();
  const onDelivery = (frame: string): void => {
    const stamp = readStamp(frame);
    if (stamp) state.listener(index, stamp);
  };
  const client = await openClient({ url, wire, headers, onDelivery, onLost: () => void state.lost.add(index) });
  state.opened.push(client);
  for (const channel of channels) await client.request((id) => wire.join(id, channel));
  state.readyMs.push(performance.now() - from);
  return client;
};

/** By client, what it joins. */
export const channelsByClient = ({ headers, members, channelIds, joins }: Seating): readonly (readonly string[])[] => {
  const byClient = headers.map((): string[] => []);
  if (!joins) return byClient;
  members.forEach((clients, channel) => clients.forEach((one) => byClient[one]?.push(channelIds[channel] ?? '')));
  return byClient;
};
