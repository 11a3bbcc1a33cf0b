// A client of the rooms wire, as its README describes it: sign in, rooms, history, one socket per room.

import { openLink } from './chat-link.js';
import { createLog, type ShownMessage } from './chat-log.js';
import * as page from './chat-page.js';

const { $ } = page;
/** 1008 (the token) and 1000 (no such room) come with what another try would not change. */
const final = new Set([1000, 1008]);
const recentMax = 200;
const typingEveryMs = 2_000;
const typingShownMs = 3_000;
const lookAgainMs = 300;

interface Self {
  readonly username: string;
  readonly token: string;
}

interface Room {
  readonly id: number;
  readonly name: string;
  readonly unread_count: number;
}

interface Message {
  readonly message_id: number;
  readonly sender: string;
  readonly message: string | null;
  readonly timestamp: string;
}

type Frame =
  | ({ readonly type: 'message' } & Message)
  | { readonly type: 'typing' | 'user_joined' | 'error'; readonly message: string };

let self: Self | null = null;
/** The room on the screen. */
let live: ReturnType<typeof openRoom> | null = null;

const ask = <Answer>(method: string, path: string, json?: object): Promise<Answer> =>
  page.ask<Answer>(method, path, { token: self?.token, json }).catch((error: unknown) => {
    if (error instanceof page.RequestError && error.status === 401 && self) signOut('Please sign in again');
    throw error;
  });

const messageOf = ({ message_id, sender, message, timestamp }: Message): ShownMessage => ({
  ...{ id: message_id, who: sender, at: new Date(`${timestamp}Z`), text: message ?? '' },
  own: sender === self?.username,
});

const openRoom = ({ id, name }: Pick<Room, 'id' | 'name'>, as: Self) => {
  const say = (content: string): boolean => {
    const isOut = link.send({ type: 'message', content });
    if (!isOut) page.showError('There is no connection right now. Try again in a moment.');
    else {
      log.sent(content);
      confirm();
    }
    return isOut;
  };
  const path = `/api/messages/${id}`;
  const read = async (from: string): Promise<ShownMessage[] | null> => {
    try {
      const history = await ask<readonly Message[]>('GET', from);
      return ended ? null : history.map(messageOf);
    } catch (error) {
      if (!ended) page.showProblem(error);
      return null;
    }
  };
  const readWhole = () => read(path);
  const earlier = $('earlier', HTMLButtonElement);
  const log = createLog({ log: $('log'), list: $('messages'), earlier, resend: say, readWhole });
  let ended = false;
  let typingEnds: number | undefined;
  let lastTyping = -typingEveryMs;
  let confirming: number | undefined;
  let problem = ''; // what the server answered before it closed

  const readHistory = async (): Promise<void> => {
    const recent = await read(`${path}/recent?limit=${recentMax}`);
    if (recent === null) return;
    if (log.joins(recent)) return log.fill(recent, { whole: recent.length < recentMax });
    const whole = await readWhole();
    if (whole) log.fill(whole, { whole: true });
  };

  /** The wire has no echo: a message waits at the end until the history has it. */
  const confirm = (afterMs = lookAgainMs): void => {
    clearTimeout(confirming);
    const look = async (): Promise<void> => {
      await readHistory();
      if (!ended && log.isWaiting()) confirm(Math.min(afterMs * 2, 5_000));
    };
    confirming = setTimeout(() => void look(), afterMs);
  };

  const showTyping = (text: string): void => {
    clearTimeout(typingEnds);
    $('typing').textContent = text;
    typingEnds = setTimeout(() => {
      $('typing').textContent = '';
    }, typingShownMs);
  };

  $('title').textContent = name;
  page.showError('');
  showTyping('');
  page.mayWrite(true);
  page.maySend(false);
  page.showState('lost', 'Connecting…');

  const link = openLink<Frame>({
    ...{ url: page.socketUrl(`/ws/chat/${id}`, as.token), greeting: 'connected', final },
    onConnected() {
      page.showState('on', `Connected as ${as.username}`);
      page.showError('');
      page.maySend(true);
      // The socket is open, so what is sent from now on arrives; what was sent before is in the history.
      void readHistory();
    },
    onFrame(frame) {
      if (frame.type === 'message') {
        page.showError('');
        log.add(messageOf(frame));
        showTyping('');
      } else if (frame.type === 'typing') showTyping(frame.message);
      else if (frame.type === 'user_joined') log.notice(frame.message);
      else if (frame.type === 'error') {
        problem = frame.message;
        page.showError(problem);
        log.refused();
      }
    },
    onLost({ waitMs }) {
      clearTimeout(confirming);
      page.maySend(false);
      log.connectionLost();
      page.showLost(waitMs);
    },
    onRefused({ code, reason }) {
      page.mayWrite(false);
      page.maySend(false);
      if (code === 1008) return signOut(problem || reason || 'Please sign in again');
      page.showState('lost', 'Not connected');
      page.showError(problem || reason || 'This room cannot be opened');
    },
  });

  return {
    id,
    say,
    typing(): void {
      const now = performance.now();
      if (now - lastTyping < typingEveryMs) return;
      lastTyping = now;
      link.send({ type: 'typing' });
    },
    end(): void {
      ended = true;
      clearTimeout(confirming);
      link.end();
    },
  };
};

const listRooms = async (): Promise<readonly Room[]> => {
  const rooms = await ask<readonly Room[]>('GET', '/api/rooms');
  page.showPlaces(
    rooms.map((room) => {
      const unread = room.id === live?.id ? 0 : room.unread_count;
      return { id: room.id, label: unread > 0 ? `${room.name} (${unread})` : room.name, pick: () => pick(room) };
    }),
  );
  page.markCurrent(live?.id);
  return rooms;
};

const pick = (room: Room): void => {
  if (self === null) return;
  live?.end();
  live = openRoom(room, self);
  page.markCurrent(live.id);
  page.focusPlace();
  listRooms().catch(page.showProblem);
};

const signOut = (why = 'Signed out'): void => {
  live?.end();
  live = self = null;
  page.showSignedOut(why);
};

interface Grant {
  readonly access_token: string;
}

page.onSubmit('sign-in', 'sign-in-error', async ({ username = '', password = '' }, action) => {
  try {
    if (action === 'signup') await ask('POST', '/api/auth/signup', { username, password });
    const { access_token: token } = await ask<Grant>('POST', '/api/auth/login', { username, password });
    self = { username, token };
    const rooms = await listRooms();
    page.showSignedIn();
    const newest = rooms.at(-1);
    if (newest) pick(newest);
    else page.showState('on', `Signed in as ${username}`);
  } catch (error) {
    self = null;
    throw error;
  }
});

$('sign-out').onclick = () => {
  // Whether the server answers or not, this page forgets the token.
  ask('POST', '/api/auth/logout').catch(() => undefined);
  signOut();
};

page.onSubmit('new-place', 'new-error', async ({ name }) => {
  const made = await ask<Room>('POST', '/api/rooms', { name });
  page.foldNewPlace();
  pick(made);
});

page.onSay((content) => live?.say(content) ?? false);
page.onWriting(() => live?.typing());
