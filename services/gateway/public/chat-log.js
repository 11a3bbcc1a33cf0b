// The messages on the screen. The history says their order and what is there; live frames go to the end. After every
// reconnection the history is read again, and what is not on the screen yet is put where it belongs: nothing is missing,
// nothing is there twice. A message here is {id, own, who, at, text}.

import { node } from './chat-node.js';

const shownMax = 200;

const momentOf = (at) => {
  const today = at.toDateString() === new Date().toDateString();
  const text = today
    ? at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
    : at.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
  const time = node('time', '', text);
  time.dateTime = at.toISOString();
  return time;
};

/** Whoever is there wants to stay there. */
export const atEnd = (log) => log.scrollHeight - log.scrollTop - log.clientHeight < 60;

/** `readWhole` is for a wire whose history is usually read in part. */
export const createLog = ({ log, list, earlier, resend, readWhole }) => {
  const lines = new Map(); // message id → its line
  const unconfirmed = []; // what was sent here and has not come back yet
  let older = []; // of the history, not drawn
  let catchingUp = true; // the next history is more than what is told live
  let oldestId = null; // of what the history put here: nothing is missing from there on

  const toEnd = () => (log.scrollTop = log.scrollHeight);
  const keepingEnd = (change) => {
    const follow = atEnd(log);
    change();
    if (follow) toEnd();
  };

  const draw = (message) => {
    const line = node('li', message.own ? 'message own' : 'message');
    // Its place on the screen says whose it is, where one can see it.
    const who = message.own ? node('span', 'visually-hidden', 'You') : node('span', 'who', message.who);
    line.append(who, momentOf(message.at), node('p', 'text', message.text));
    lines.set(message.id, line);
    return line;
  };

  /** The server confirms by telling it back, or by its history. */
  const settle = (message) => {
    if (!message.own) return;
    const at = unconfirmed.findIndex(({ content }) => content === message.text);
    if (at >= 0) unconfirmed.splice(at, 1)[0].line.remove();
  };

  const fail = (sent) => {
    if (sent.failed) return;
    sent.failed = true;
    sent.line.className = 'message own failed';
    sent.line.querySelector('.mark').textContent = 'Not sent';
    const again = node('button', 'quiet', 'Send again');
    again.type = 'button';
    again.onclick = () => {
      if (!resend(sent.content)) return;
      unconfirmed.splice(unconfirmed.indexOf(sent), 1);
      sent.line.remove();
    };
    sent.line.append(again);
  };

  /** Whatever the history has after the first line that it put here before, in its order. */
  const merge = (history) => {
    const known = history.findIndex(({ id }) => id === oldestId);
    const from = known >= 0 ? known : Math.max(0, history.length - shownMax);
    if (oldestId === null && history.length > 0) oldestId = history[from].id;
    if (known >= 0 || older.length === 0) older = history.slice(0, from);
    let before = null;
    for (const message of history.slice(from)) {
      let line = lines.get(message.id);
      if (!line) {
        settle(message);
        line = draw(message);
        if (before) before.after(line);
        else list.prepend(line);
      }
      before = line;
    }
  };

  earlier.onclick = async () => {
    if (older.length === 0 && readWhole) {
      const whole = await readWhole();
      if (!whole) return;
      older = whole.slice(
        0,
        whole.findIndex(({ id }) => id === oldestId),
      );
    }
    const some = older.splice(-shownMax);
    if (some.length > 0) oldestId = some[0].id;
    const fromEnd = log.scrollHeight - log.scrollTop;
    list.prepend(...some.map(draw));
    log.scrollTop = log.scrollHeight - fromEnd;
    earlier.hidden = older.length === 0;
    log.focus({ preventScroll: true });
  };
  earlier.hidden = true;
  list.replaceChildren();

  return {
    /** `whole`: the history begins where it begins. Read aloud is what comes live, not a whole history. */
    fill(history, { whole }) {
      if (catchingUp) {
        log.setAttribute('aria-live', 'off');
        setTimeout(() => log.setAttribute('aria-live', 'polite'), 500);
      }
      catchingUp = false;
      const first = lines.size === 0;
      keepingEnd(() => {
        merge(history);
        if (whole) earlier.hidden = older.length === 0;
        else if (first) earlier.hidden = false;
      });
      keepingEnd(() => {
        for (const sent of unconfirmed) if (sent.lost) fail(sent);
      });
    },
    add(message) {
      if (lines.has(message.id)) return;
      keepingEnd(() => {
        settle(message);
        const waiting = unconfirmed[0]?.line;
        if (waiting) waiting.before(draw(message));
        else list.append(draw(message));
      });
    },
    /** Whether the history joins what is here: if not, more of it is needed. */
    joins: (history) => lines.size === 0 || history.some(({ id }) => lines.has(id)),
    notice: (text) => keepingEnd(() => list.append(node('li', 'notice', text))),
    sent(content) {
      const line = node('li', 'message own waiting');
      line.append(node('span', 'visually-hidden', 'You'), node('span', 'mark', 'Sending…'), node('p', 'text', content));
      unconfirmed.push({ content, line, lost: false, failed: false });
      list.append(line);
      toEnd();
    },
    isWaiting: () => unconfirmed.some(({ failed }) => !failed),
    /** The connection broke: whether it arrived, the next history says. */
    connectionLost() {
      catchingUp = true;
      for (const sent of unconfirmed) sent.lost = true;
    },
    /** The server said no to a frame. It does not say to which: they are answered in turn. */
    refused() {
      const sent = unconfirmed.find(({ failed }) => !failed);
      if (sent) keepingEnd(() => fail(sent));
    },
  };
};
