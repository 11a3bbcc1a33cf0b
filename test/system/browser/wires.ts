// Two users and a room or conversation on the wire of each page; and a client of the same wire without a page.
import { historyOf, join, newConversation, signUpConversations } from '../../clients/conversations.js';
import { enter, newRoom, roomTexts, signUpRooms } from '../../clients/rooms.js';

export const password = 'a password of one’s own';
/** Whatever is typed stays text. */
export const title = 'Tea & <i>biscuits</i>';

interface User {
  readonly username: string;
  readonly token: string;
}

/** Ada and bob have pages; eve is a client without one. */
export interface World {
  readonly ada: User;
  readonly bob: User;
  readonly eve: User;
  readonly id: number;
}

/** A client without a page. */
export interface PlainClient {
  /** Resolves when the message is stored. */
  send(text: string): Promise<void>;
  close(): void;
}

export interface PageWire {
  readonly name: string;
  readonly path: string;
  readonly button: string;
  /** Labels of the form in their order; the first takes the user name. */
  readonly fields: readonly string[];
  readonly navigation: string;
  readonly historyPath: RegExp;
  world(url: string): Promise<World>;
  /** What the form takes besides name and password, by label. */
  signIn(world: World): Readonly<Record<string, string>>;
  history(url: string, world: World): Promise<readonly string[]>;
  client(url: string, world: World): Promise<PlainClient>;
}

const conversations: PageWire = {
  name: 'conversations',
  path: '/static/chat.html',
  button: 'Login & Connect',
  fields: ['User name or e-mail', 'Password', 'Conversation ID'],
  navigation: 'Your conversations',
  historyPath: /\/conversations\/\d+\/messages$/,
  async world(url) {
    const signUp = (username: string) => signUpConversations(url, username, password);
    const [ada, bob, eve] = [await signUp('ada'), await signUp('bob'), await signUp('eve')];
    const { id } = await newConversation(url, ada, [bob, eve], title);
    return { ada, bob, eve, id };
  },
  signIn: ({ id }) => ({ 'Conversation ID': String(id) }),
  history: async (url, { id, eve }) => (await historyOf(url, eve, { id })).map(({ content }) => content),
  async client(url, { id, eve }) {
    const socket = await join(url, eve, { id });
    // It receives its own messages: what came back is stored.
    const send = async (content: string): Promise<void> => {
      socket.send({ content });
      await socket.waitFor((frame) => frame.type === 'message' && frame.content === content);
    };
    return { send, close: () => socket.close() };
  },
};

const rooms: PageWire = {
  name: 'rooms',
  path: '/test',
  button: 'Sign in',
  fields: ['User name', 'Password'],
  navigation: 'Rooms',
  historyPath: /\/api\/messages\/\d+/,
  async world(url) {
    const signUp = (username: string) => signUpRooms(url, username, password);
    const [ada, bob, eve] = [await signUp('ada'), await signUp('bob'), await signUp('eve')];
    const { id } = await newRoom(url, ada, title);
    return { ada, bob, eve, id };
  },
  signIn: () => ({}),
  history: (url, { id, eve }) => roomTexts(url, eve, { id }),
  async client(url, { id, eve }) {
    const socket = await enter(url, eve, { id });
    // It does not receive its own messages: what is in the history is stored.
    const send = async (content: string): Promise<void> => {
      socket.send({ type: 'message', content });
      while (!(await roomTexts(url, eve, { id })).includes(content));
    };
    return { send, close: () => socket.close() };
  },
};

export const wires: readonly PageWire[] = [conversations, rooms];
