import type { Realm } from '@parley/contracts';
import { realmOf } from '../config.js';
import type { GatewayConfig } from '../config.js';
import { packageVersion } from '../package.js';
import { conversations } from './conversations/index.js';
import type { Dialect } from '../protocol/dialect.js';
import { fluent } from './fluent/index.js';
import { mesh } from './mesh/index.js';
import { rooms } from './rooms/index.js';
import { swifty } from './swifty/index.js';
import { v1 } from './v1/index.js';

/** A dialect as this gateway mounts it. */
export interface Mount {
  readonly dialect: Dialect;
  /** The realm that it opens into. */
  readonly realm: Realm;
  /** Other realms that a request may name. */
  readonly allowedRealms: readonly Realm[];
  /**
   * Whether its sockets stay open after their token expires, as on the old servers, which checked a token only once. Left out: they close
   * with it.
   */
  readonly outlivesToken?: boolean;
  /** The name on the start page, beside the dialect's native endpoints. */
  readonly title: string;
  readonly endpoints: Readonly<Record<string, string>>;
  /** The response at the root of its mount, of an old dialect as its server answered: a body, or a redirect of browsers. null: none (404). */
  readonly root: RootAnswer | null;
}

export type RootAnswer = { readonly body: Readonly<Record<string, unknown>> } | { readonly redirect: string };

interface Entry {
  readonly root: RootAnswer | null;
  readonly dialect: Dialect;
  readonly title: string;
  /** The endpoints that `GET /` lists for it. */
  readonly endpoints: Readonly<Record<string, string>>;
}

const entriesOf = (config: Pick<Spoken, 'swifty' | 'fluent' | 'mesh'>): readonly Entry[] => [
  {
    dialect: v1,
    root: { body: { message: 'Parley', version: packageVersion, docs: '/docs', socket: '/v1/socket' } },
    title: 'Parley v1: REST and one socket for everything',
    endpoints: { v1: '/v1', v1_socket: '/v1/socket' },
  },
  {
    dialect: rooms,
    root: {
      body: {
        message: 'Chat Backend API',
        version: '1.0.0',
        docs: '/docs',
        websocket: '/ws/chat/{room_id}?token={jwt_token}',
      },
    },
    title: 'Rooms: the chat backend of the SwiftUI client',
    endpoints: { auth: '/api/auth', rooms: '/api/rooms', messages: '/api/messages', chat: '/ws/chat/{room_id}' },
  },
  {
    dialect: conversations,
    root: { redirect: 'docs' },
    title: 'Conversations: messages between participants, with a page at /static/chat.html',
    endpoints: {
      token: '/auth/token',
      conversations: '/conversations',
      conversation_socket: '/conversations/{conversation_id}/ws',
      conversation_page: '/static/chat.html',
    },
  },
  {
    dialect: fluent(config.fluent),
    root: null,
    title: 'Fluent: messages between two, encrypted by their app',
    endpoints: {
      register: '/auth/register',
      users: '/users/search',
      encrypted_messages: '/chat/all_messages',
      encrypted_socket: '/chat/ws',
    },
  },
  {
    dialect: mesh(config.mesh),
    root: { body: { message: 'Signaling Server API', version: '1.0.0', docs: '/docs' } },
    title: 'Mesh: organizations with virtual addresses, whose agents find each other',
    endpoints: { register: '/register', login: '/login', organizations: '/organizations', signaling: '/ws' },
  },
  // Last: where two dialects have a name for the same endpoint, `GET /` shows this one's.
  {
    dialect: swifty(config.swifty),
    root: {
      body: {
        message: 'Swifty WebSocket Messaging Server',
        version: '1.0.0',
        endpoints: {
          register: '/register',
          websocket: '/ws',
          clients: '/clients',
          topics: '/topics',
          create_topic: '/topics/create',
          subscribe: '/topics/subscribe',
          unsubscribe: '/topics/unsubscribe',
        },
      },
    },
    title: 'Swifty: devices that name themselves, direct messages and topics',
    endpoints: {
      register: '/register',
      websocket: '/ws',
      clients: '/clients',
      topics: '/topics',
      create_topic: '/topics/create',
      subscribe: '/topics/subscribe',
      unsubscribe: '/topics/unsubscribe',
    },
  },
];

/** The part of the configuration that selects and configures the dialects. */
type Spoken = Pick<GatewayConfig, 'dialectRealms' | 'v1Realms'> &
  Partial<Pick<GatewayConfig, 'swifty' | 'fluent' | 'mesh' | 'socketsEndWithToken'>>;

/** The enabled dialects, in the order in which the gateway tries their paths. */
export const mountsOf = (config: Spoken): readonly Mount[] =>
  entriesOf(config).map(({ dialect, title, endpoints, root }) => {
    const realm = realmOf(config, dialect.name);
    const allowedRealms = dialect.name === 'v1' ? config.v1Realms.filter((one) => one !== realm) : [];
    const outlivesToken = dialect.name !== 'v1' && config.socketsEndWithToken !== true;
    return { dialect, realm, allowedRealms, outlivesToken, title, endpoints, root };
  });

/** The realms whose tokens and tickets this dialect accepts, its own first. */
export const realmsOf = ({ realm, allowedRealms }: Mount): readonly Realm[] => [realm, ...allowedRealms];

/** The path where every dialect is mounted in addition to its native paths. */
export const mountPathOf = (mount: Mount): string => `/wires/${mount.dialect.name}`;
