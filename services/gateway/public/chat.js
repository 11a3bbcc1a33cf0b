// A client of the conversations wire, as its README describes it: sign in, conversations, history, one socket.

import { openLink } from './chat-link.js';
import { createLog } from './chat-log.js';
import { node } from './chat-node.js';
import { createPeople } from './chat-people.js';

const $ = (id) => document.getElementById(id);
const send = document.querySelector('#say button');

const lookAgainMs = 5_000;

let self = null; // {id, username, token}
let live = null; // the conversation on the screen

const showState = (state, text) => {
  $('state').dataset.state = state;
  $('state').textContent = text;
};
const showError = (text) => ($('chat-error').textContent = text);
const maySpeak = (yes) => ($('content').disabled = send.disabled = !yes);

const ask = async (method, path, { json, form } = {}) => {
  const response = await fetch(path, {
    method,
    headers: {
      ...(json ? { 'Content-Type': 'application/json' } : {}),
      ...(self ? { Authorization: `Bearer ${self.token}` } : {}),
    },
    ...(json ? { body: JSON.stringify(json) } : {}),
    ...(form ? { body: new URLSearchParams(form) } : {}),
  }).catch(() => {
    throw new Error('The server does not answer. Is there a network?');
  });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const { detail } = answer;
  const text = Array.isArray(detail)
    ? detail.map(({ loc, msg }) => `${loc.slice(1).join('.')}: ${msg}`).join(', ')
    : detail;
  if (response.status === 401 && self) signOut(text);
  throw Object.assign(new Error(text ?? `The server answered ${response.status}`), { status: response.status });
};

const socketUrl = (id) => {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  return `${scheme}://${location.host}/conversations/${id}/ws?token=${encodeURIComponent(self.token)}`;
};

const openConversation = ({ id, title }) => {
  const path = `/conversations/${id}`;
  const say = (content) => {
    if (link.send(content)) log.sent(content);
    else showError('There is no connection right now. Try again in a moment.');
  };
  const log = createLog({ list: $('messages'), earlier: $('earlier'), self, resend: say });
  const people = createPeople({ list: $('participants'), title: $('people-title'), self });
  let ended = false;
  let looking = null;
  const reading = (what, use) =>
    ask('GET', `${path}/${what}`).then(
      (answer) => !ended && use(answer),
      (error) => !ended && showError(error.message),
    );

  // Asked again and again, so one that fails is not worth a word: the state of the connection says what is wrong.
  const lookAround = () =>
    ask('GET', `${path}/participants`).then(
      (users) => !ended && people.fill(users),
      () => {},
    );

  $('title').textContent = title;
  showError('');
  maySpeak(false);
  showState('lost', 'Connecting…');

  const link = openLink({
    url: socketUrl(id),
    onConnected() {
      showState('on', `Connected as ${self.username}`);
      showError('');
      maySpeak(true);
      // The socket is open: what is said from now on arrives here, what was said before is in the history.
      reading('messages', log.fill);
      lookAround();
      looking = setInterval(() => document.hidden || lookAround(), lookAgainMs);
    },
    onFrame(frame) {
      if (frame.type === 'message') {
        showError('');
        log.add(frame);
        people.spoke(frame);
      } else if (frame.type === 'user_left') {
        log.notice(`${frame.username} left`);
        people.left(frame.user_id);
        // They may still be here in another tab.
        lookAround();
      } else if (frame.type === 'error') {
        showError(frame.message);
        log.refused();
      }
    },
    onLost({ waitMs }) {
      clearInterval(looking);
      maySpeak(false);
      log.connectionLost();
      showState('lost', `Connection lost. Trying again in ${Math.max(1, Math.round(waitMs / 1000))} s…`);
    },
    onRefused({ code, reason }) {
      clearInterval(looking);
      maySpeak(false);
      if (code === 4001) return signOut(reason || 'Please sign in again');
      showState('lost', 'Not connected');
      showError(reason || 'This conversation cannot be opened');
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
  $('conversations').replaceChildren(
    ...conversations.map((conversation) => {
      const line = node('li');
      const button = node('button', '', conversation.title);
      button.type = 'button';
      button.title = `Conversation ${conversation.id}`;
      button.dataset.id = conversation.id;
      button.onclick = () => pick(conversation);
      line.append(button);
      return line;
    }),
  );
  markCurrent();
  return conversations;
};

const markCurrent = () => {
  for (const button of $('conversations').querySelectorAll('button')) {
    button.setAttribute('aria-current', String(Number(button.dataset.id) === live?.id));
  }
};

const pick = (conversation) => {
  live?.end();
  live = openConversation(conversation);
  markCurrent();
  $('title').focus();
};

const signOut = (why = 'Signed out') => {
  live?.end();
  live = self = null;
  $('chat').hidden = $('sign-out').hidden = true;
  $('sign-in').hidden = false;
  showState('out', why);
  $('sign-in').username.focus();
};

$('sign-in').onsubmit = async (event) => {
  event.preventDefault();
  const { username, password, conversation } = Object.fromEntries(new FormData($('sign-in')));
  const wanted = Number(conversation);
  const button = $('sign-in').querySelector('button');
  $('sign-in-error').textContent = '';
  button.disabled = true;
  try {
    const { access_token, user } = await ask('POST', '/auth/token', { form: { username, password } });
    self = { id: user.id, username: user.username, token: access_token };
    const own = await listConversations();
    $('sign-in').hidden = true;
    $('chat').hidden = $('sign-out').hidden = false;
    pick(own.find(({ id }) => id === wanted) ?? { id: wanted, title: `Conversation ${wanted}` });
  } catch (error) {
    self = null;
    $('sign-in-error').textContent = error.message;
  } finally {
    button.disabled = false;
  }
};

$('sign-out').onclick = () => signOut();

$('new-conversation').onsubmit = async (event) => {
  event.preventDefault();
  const { title, participants } = Object.fromEntries(new FormData($('new-conversation')));
  $('new-error').textContent = '';
  try {
    const participant_ids = participants.split(',').map(Number);
    const made = await ask('POST', '/conversations/', { json: { title, participant_ids } });
    $('new-conversation').reset();
    $('new').open = false;
    await listConversations();
    pick(made);
  } catch (error) {
    $('new-error').textContent = error.message;
  }
};

$('say').onsubmit = (event) => {
  event.preventDefault();
  const content = $('content').value;
  if (content.trim() === '') return;
  live.say(content);
  $('content').value = '';
  $('content').focus();
};

// Enter sends, with Shift it begins a line; while an input method composes it does neither.
$('content').onkeydown = (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $('say').requestSubmit();
};

$('people').open = matchMedia('(min-width: 60rem)').matches;
