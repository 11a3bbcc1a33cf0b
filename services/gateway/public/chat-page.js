// What both chat pages do alike, over the elements that both have: say how it stands, sign in and out, write and send.

import { atEnd } from './chat-log.js';

export const $ = (id) => document.getElementById(id);

export const showState = (state, text) => {
  $('state').dataset.state = state;
  $('state').textContent = text;
};
export const showError = (text) => ($('chat-error').textContent = text);

export const showLost = (waitMs) =>
  showState('lost', `Connection lost. Trying again in ${Math.max(1, Math.round(waitMs / 1000))} s…`);

const send = document.querySelector('#say button');

/** One may write as long as there is a place to write to; to send, a connection is needed. */
export const mayWrite = (yes) => ($('content').disabled = !yes);
export const maySend = (yes) => (send.disabled = !yes);

// The space for it changes when a keyboard comes up or something unfolds: whoever read the newest still does.
let following = true;
$('log').addEventListener('scroll', () => (following = atEnd($('log'))));
new ResizeObserver(() => following && $('log').scrollTo(0, $('log').scrollHeight)).observe($('log'));

/** An error has its status; without one, nobody answered. */
export const ask = async (method, path, { token, json, form } = {}) => {
  const response = await fetch(path, {
    method,
    headers: {
      ...(json ? { 'Content-Type': 'application/json' } : {}),
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
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
  throw Object.assign(new Error(text ?? `The server answered ${response.status}`), { status: response.status });
};

export const socketUrl = (path, token) =>
  `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${path}?token=${encodeURIComponent(token)}`;

export const showSignedIn = () => {
  $('sign-in').hidden = true;
  $('chat').hidden = $('sign-out').hidden = false;
};

export const showSignedOut = (why) => {
  $('chat').hidden = $('sign-out').hidden = true;
  $('sign-in').hidden = false;
  showState('out', why);
  $('sign-in').username.focus();
};

/** Who came to a place wants to write; on a touch screen that would bring up the keyboard unasked. */
export const focusPlace = () => $(matchMedia('(pointer: coarse)').matches ? 'title' : 'content').focus();

/** The buttons of the list of places; each tells its place. */
export const showPlaces = (buttons) => {
  $('places').replaceChildren(
    ...buttons.map((button) => {
      const line = document.createElement('li');
      line.append(button);
      return line;
    }),
  );
};

export const markCurrent = (id) => {
  for (const button of $('places').querySelectorAll('button')) {
    const isCurrent = Number(button.dataset.id) === id;
    button.setAttribute('aria-current', String(isCurrent));
    if (isCurrent) button.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }
};

/** A form that does one thing at a time, and whose error is shown beside it. */
export const onSubmit = (form, error, work) => {
  let busy = false;
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    error.textContent = '';
    try {
      await work(Object.fromEntries(new FormData(form)), event.submitter);
    } catch (problem) {
      error.textContent = problem.message;
    } finally {
      busy = false;
    }
  };
};

/** `say` tells whether it went out; what did not stays where it was written. */
export const onSay = (say) => {
  $('say').onsubmit = (event) => {
    event.preventDefault();
    const content = $('content').value;
    if (content.trim() === '') return;
    if (say(content)) $('content').value = '';
    $('content').focus();
  };
  // Enter sends, with Shift it begins a line; while an input method composes it does neither.
  $('content').onkeydown = (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    $('say').onsubmit(event);
  };
};
