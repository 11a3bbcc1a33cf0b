// A client of the rooms wire, as its README describes it: sign in, rooms, history, one socket per room.

import { openLink } from './chat-link.js';
import { createLog } from './chat-log.js';
import { node } from './chat-node.js';
import * as page from './chat-page.js';

const { $ } = page;
/** 1008 (the token) and 1000 (no such room) come with what another try would not change. */
const final = new Set([1000, 1008]);
const recentMax = 200;
const typingEveryMs = 2_000;
const typingShownMs = 3_000;
const lookAgainMs = 300;

let self = null; // {username, token}
let live = null; // the room on the screen

const ask = (method, path, json) =>
  page.ask(method, path, { token: self?.token, json }).catch((error) => {
    if (error.status === 401 && self) signOut('Please sign in again');
    throw error;
  });

const messageOf = ({ message_id, sender, message, timestamp }) => ({
  ...{ id: message_id, who: sender, at: new Date(`${timestamp}Z`), text: message ?? '' },
  own: sender === self.username,
});

const openRoom = ({ id, name }) => {
  const say = (content) => {
    const isOut = link.send({ type: 'message', content });
    if (!isOut) page.showError('There is no connection right now. Try again in a moment.');
    else {
      log.sent(content);
      confirm();
    }
    return isOut;
  };
  const path = `/api/messages/${id}`;
  const ifHere = (error) => void (ended || page.showError(error.message));
  const readWhole = () => ask('GET', path).then((history) => (ended ? null : history.map(messageOf)), ifHere);
  const log = createLog({ log: $('log'), list: $('messages'), earlier: $('earlier'), resend: say, readWhole });
  let ended = false;
  let typingEnds = null;
  let lastTyping = 0;
  let confirming = null;
  let problem = ''; // what the server said before it closed

  const readHistory = () =>
    ask('GET', `${path}/recent?limit=${recentMax}`).then(async (recent) => {
      if (ended) return;
      const history = recent.map(messageOf);
      if (log.joins(history)) return log.fill(history, { whole: history.length < recentMax });
      const whole = await readWhole();
      if (whole) log.fill(whole, { whole: true });
    }, ifHere);

  /** The wire has no echo: a message waits at the end until the history has it. */
  const confirm = (afterMs = lookAgainMs) => {
    clearTimeout(confirming);
    confirming = setTimeout(async () => {
      await readHistory();
      if (!ended && log.isWaiting()) confirm(Math.min(afterMs * 2, 5_000));
    }, afterMs);
  };

  const showTyping = (text) => {
    clearTimeout(typingEnds);
    $('typing').textContent = text;
    typingEnds = setTimeout(() => ($('typing').textContent = ''), typingShownMs);
  };

  $('title').textContent = name;
  page.showError('');
  showTyping('');
  page.mayWrite(true);
  page.maySend(false);
  page.showState('lost', 'Connecting…');

  const link = openLink({
    ...{ url: page.socketUrl(`/ws/chat/${id}`, self.token), greeting: 'connected', final },
    onConnected() {
      page.showState('on', `Connected as ${self.username}`);
      page.showError('');
      page.maySend(true);
      // The socket is open, so what is said from now on arrives; what was said before is in the history.
      readHistory();
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
    typing() {
      if (Date.now() - lastTyping < typingEveryMs) return;
      lastTyping = Date.now();
      link.send({ type: 'typing' });
    },
    end() {
      ended = true;
      clearTimeout(confirming);
      link.end();
    },
  };
};

const listRooms = async () => {
  const rooms = await ask('GET', '/api/rooms');
  page.showPlaces(
    rooms.map((room) => {
      const unread = room.id === live?.id ? 0 : room.unread_count;
      const button = node('button', '', unread > 0 ? `${room.name} (${unread})` : room.name);
      button.type = 'button';
      button.dataset.id = room.id;
      button.onclick = () => pick(room);
      return button;
    }),
  );
  page.markCurrent(live?.id);
  return rooms;
};

const pick = (room) => {
  live?.end();
  live = openRoom(room);
  page.markCurrent(live.id);
  page.focusPlace();
  listRooms().catch((error) => page.showError(error.message));
};

const signOut = (why = 'Signed out') => {
  live?.end();
  live = self = null;
  page.showSignedOut(why);
};

page.onSubmit($('sign-in'), $('sign-in-error'), async ({ username, password }, submitter) => {
  try {
    if (submitter?.value === 'signup') await ask('POST', '/api/auth/signup', { username, password });
    self = { username, token: (await ask('POST', '/api/auth/login', { username, password })).access_token };
    const rooms = await listRooms();
    page.showSignedIn();
    if (rooms.length > 0) pick(rooms.at(-1));
    else page.showState('on', `Signed in as ${username}`);
  } catch (error) {
    self = null;
    throw error;
  }
});

$('sign-out').onclick = () => {
  // Whether it is told or not, this page forgets the token.
  ask('POST', '/api/auth/logout').catch(() => {});
  signOut();
};

page.onSubmit($('new-place'), $('new-error'), async ({ name }) => {
  const made = await ask('POST', '/api/rooms', { name });
  $('new-place').reset();
  $('new').open = false;
  pick(made);
});

page.onSay((content) => live.say(content));
$('content').oninput = () => live?.typing();
