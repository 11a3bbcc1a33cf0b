import { fillRedis } from './databases.js';

export interface SwiftyTopic {
  readonly id: string;
  readonly creator: string;
  /** JSON text as Python writes it. */
  readonly metadata: string;
  readonly subscribers: readonly string[];
}

export interface SwiftyKeys {
  readonly clients: readonly { readonly uuid: string; readonly name: string }[];
  readonly topics: readonly SwiftyTopic[];
}

/** The keys that the Swifty server writes, with its runtime ones and a token that has not expired. */
export const fillSwifty = (url: string, { clients, topics }: SwiftyKeys): Promise<void> =>
  fillRedis(url, [
    ...clients.flatMap(({ uuid, name }) => [
      ['hset', `client:${uuid}`, 'uuid', uuid, 'name', name, 'token', `jwt.of.${uuid}`],
      ['set', `token:jwt.of.${uuid}`, uuid, 'ex', '3600'],
      ['hset', 'connected_clients', uuid, name],
    ]),
    ...topics.flatMap(({ id, creator, metadata, subscribers }) => [
      ['sadd', 'topics', id],
      ['hset', `topic:${id}`, 'id', id, 'creator', creator, 'metadata', metadata],
      ...subscribers.flatMap((uuid) => [
        ['sadd', `topic:${id}:subscribers`, uuid],
        ['sadd', `client:${uuid}:topics`, id],
      ]),
    ]),
  ]);

export const [lamp, helper, sensor] = [
  '0f0e0d0c-0b0a-4908-8706-050403020100',
  '123e4567-e89b-12d3-a456-426614174000',
  'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee',
] as const;

export const swiftyKeys: SwiftyKeys = {
  clients: [
    { uuid: lamp, name: 'Lamp' },
    { uuid: helper, name: 'Helper' },
    { uuid: sensor, name: 'Helper' },
  ],
  topics: [
    {
      id: 'my-room',
      creator: lamp,
      metadata: '{"description": "My awesome room", "ratio": 1.0}',
      subscribers: [lamp, helper],
    },
    { id: 'floor:2:lights', creator: helper, metadata: '{}', subscribers: [lamp] },
    { id: 'empty', creator: sensor, metadata: '{"n": 12345678901234567890}', subscribers: [] },
  ],
};
