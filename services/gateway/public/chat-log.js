// The messages on the screen. The history says their order and what is there; live frames go to the end. After every
// reconnection the history is read again, and what is not on the screen yet is put where it belongs: nothing is missing,
// nothing is there twice.

import { node } from './chat-node.js';

const shownMax = 200;

const momentOf = (createdAt) => {
  const at = new Date(`${createdAt.slice(0, 19).replace(' ', 'T')}Z`);
  const today = at.toDateString() === new Date().toDateString();
  const text = today
    ? at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
    : at.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
  const time = node('time', '', text);
  time.dateTime = at.toISOString();
  return time;
};

export const createLog = ({ list, earlier, self, resend }) => {
  const lines = new Map(); // message id → its line
  const unconfirmed = []; // what was sent here and has not come back yet
  let older = []; // of the history, not drawn

  const atEnd = () => list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  const keepingEnd = (change) => {
    const follow = atEnd();
    change();
    if (follow) list.scrollTop = list.scrollHeight;
  };

  const draw = (message) => {
    const own = message.sender_id === self.id;
    const line = node('li', own ? 'message own' : 'message');
    line.append(
      node('span', 'who', own ? 'You' : message.sender_name),
      momentOf(message.created_at),
      node('p', 'text', message.content),
    );
    lines.set(message.id, line);
    return line;
  };

  /** The server confirms by saying it back, to everybody. */
  const settle = (message) => {
    if (message.sender_id !== self.id) return;
    const at = unconfirmed.findIndex(({ content }) => content === message.content);
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
      unconfirmed.splice(unconfirmed.indexOf(sent), 1);
      sent.line.remove();
      resend(sent.content);
    };
    sent.line.append(again);
  };

  /** Whatever the history has after the first line that is drawn, in its order. */
  const merge = (history) => {
    const first = history.findIndex(({ id }) => lines.has(id));
    const from = first >= 0 ? first : Math.max(0, history.length - shownMax);
    older = history.slice(0, from);
    earlier.hidden = older.length === 0;
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

  earlier.onclick = () => {
    const some = older.splice(-shownMax);
    const height = list.scrollHeight;
    list.prepend(...some.map(draw));
    list.scrollTop += list.scrollHeight - height;
    earlier.hidden = older.length === 0;
    list.focus();
  };
  earlier.hidden = true;
  list.replaceChildren();

  return {
    /** Read aloud is what comes live, not a whole history. */
    fill(history) {
      list.setAttribute('aria-live', 'off');
      keepingEnd(() => merge(history));
      setTimeout(() => list.setAttribute('aria-live', 'polite'), 500);
      for (const sent of unconfirmed) if (sent.lost) fail(sent);
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
    notice: (text) => keepingEnd(() => list.append(node('li', 'notice', text))),
    sent(content) {
      const line = node('li', 'message own waiting');
      line.append(node('span', 'who', 'You'), node('span', 'mark', 'Sending…'), node('p', 'text', content));
      unconfirmed.push({ content, line, lost: false, failed: false });
      list.append(line);
      list.scrollTop = list.scrollHeight;
    },
    /** The connection broke: whether it arrived, the next history says. */
    connectionLost() {
      for (const sent of unconfirmed) sent.lost = true;
    },
    /** The server said no to a frame. It does not say to which: they are answered in turn. */
    refused() {
      const sent = unconfirmed.find(({ failed }) => !failed);
      if (sent) fail(sent);
    },
  };
};
