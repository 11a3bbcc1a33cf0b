// A client of the conversations wire, as its README describes it: sign in, conversations, history, one socket.

import { openLink } from './chat-link.js';
import { createLog } from './chat-log.js';
import { node } from './chat-node.js';
import * as page from './chat-page.js';
import { createPeople } from './chat-people.js';

const { $ } = page;
const lookAgainMs = 5_000;
/** What another try would not change: 4001 the token, 4003 not a participant, 4004 no such conversation. */
const final = new Set([4001, 4003, 4004]);

let self = null; // {id, username, token}
let live = null; // the conversation on the screen

const ask = (method, path, options) =>
  page.ask(method, path, { token: self?.token, ...options }).catch((error) => {
    if (error.status === 401 && self) signOut(error.message);
    throw error;
  });

const timeOf = (createdAt) => new Date(`${createdAt.slice(0, 19).replace(' ', 'T')}Z`);
const messageOf = ({ id, sender_id, sender_name, content, created_at }) => ({
  ...{ id, who: sender_name, at: timeOf(created_at), text: content },
  own: sender_id === self.id,
});

const openConversation = ({ id, title }) => {
  const path = `/conversations/${id}`;
  const say = (content) => {
    const isOut = link.send({ content });
    if (isOut) log.sent(content);
    else page.showError('There is no connection right now. Try again in a moment.');
    return isOut;
  };
  const log = createLog({ log: $('log'), list: $('messages'), earlier: $('earlier'), resend: say });
  const people = createPeople({ list: $('participants'), title: $('people-title'), self });
  let ended = false;
  let looking = null;

  const readHistory = () =>
    ask('GET', `${path}/messages`).then(
      (history) => !ended && log.fill(history.map(messageOf), { whole: true }),
      (error) => !ended && page.showError(error.message),
    );
  // Asked again and again, so one that fails is not worth a word: the state of the connection says what is wrong.
  const lookAround = () =>
    ask('GET', `${path}/participants`).then(
      (users) => !ended && people.fill(users),
      () => {},
    );

  $('title').textContent = title;
  page.showError('');
  page.mayWrite(true);
  page.maySend(false);
  page.showState('lost', 'Connecting…');

  const link = openLink({
    ...{ url: page.socketUrl(`${path}/ws`, self.token), greeting: 'connection', final },
    onConnected() {
      page.showState('on', `Connected as ${self.username}`);
      page.showError('');
      page.maySend(true);
      // The socket is open: what is said from now on arrives here, what was said before is in the history.
      readHistory();
      lookAround();
      clearInterval(looking);
      looking = setInterval(() => document.hidden || lookAround(), lookAgainMs);
    },
    onFrame(frame) {
      if (frame.type === 'message') {
        page.showError('');
        log.add(messageOf(frame));
        people.spoke(frame);
      } else if (frame.type === 'user_left') {
        log.notice(`${frame.username} left`);
        people.left(frame.user_id);
        // They may still be here in another tab.
        lookAround();
      } else if (frame.type === 'error') {
        page.showError(frame.message);
        log.refused();
      }
    },
    onLost({ waitMs }) {
      clearInterval(looking);
      page.maySend(false);
      log.connectionLost();
      page.showLost(waitMs);
    },
    onRefused({ code, reason }) {
      clearInterval(looking);
      page.mayWrite(false);
      page.maySend(false);
      if (code === 4001) return signOut(reason || 'Please sign in again');
      page.showState('lost', 'Not connected');
      page.showError(reason || 'This conversation cannot be opened');
    },
  });

  return {
    id,
    say,
    end() {
      ended = true;
      clearInterval(looking);
      link.end();
    },
  };
};

const listConversations = async () => {
  const conversations = await ask('GET', '/conversations/');
  page.showPlaces(
    conversations.map((conversation) => {
      const button = node('button', '', conversation.title);
      button.type = 'button';
      button.title = `Conversation ${conversation.id}`;
      button.dataset.id = conversation.id;
      button.onclick = () => pick(conversation);
      return button;
    }),
  );
  page.markCurrent(live?.id);
  return conversations;
};

const pick = (conversation) => {
  live?.end();
  live = openConversation(conversation);
  page.markCurrent(live.id);
  page.focusPlace();
};

const signOut = (why = 'Signed out') => {
  live?.end();
  live = self = null;
  page.showSignedOut(why);
};

page.onSubmit($('sign-in'), $('sign-in-error'), async ({ username, password, conversation }) => {
  const wanted = Number(conversation);
  try {
    const { access_token, user } = await ask('POST', '/auth/token', { form: { username, password } });
    self = { id: user.id, username: user.username, token: access_token };
    const own = await listConversations();
    page.showSignedIn();
    pick(own.find(({ id }) => id === wanted) ?? { id: wanted, title: `Conversation ${wanted}` });
  } catch (error) {
    self = null;
    throw error;
  }
});

$('sign-out').onclick = () => signOut();

page.onSubmit($('new-place'), $('new-error'), async ({ title, participants }) => {
  const participant_ids = participants.split(',').map(Number);
  const made = await ask('POST', '/conversations/', { json: { title, participant_ids } });
  $('new-place').reset();
  $('new').open = false;
  await listConversations();
  pick(made);
});

page.onSay((content) => live.say(content));

$('people').open = matchMedia('(min-width: 60rem)').matches;
