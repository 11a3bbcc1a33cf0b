// The messages on the screen. The history says their order and what is there; live frames go to the end. After every
// reconnection the history is read again, and what is not on the screen yet is put where it belongs: nothing is missing,
// nothing is there twice.

import { node } from './chat-node.js';

const shownMax = 200;

export interface ShownMessage {
  readonly id: number | string;
  /** Whether it was sent by this account. */
  readonly own: boolean;
  readonly who: string;
  readonly at: Date;
  readonly text: string;
}

export interface LogOptions {
  /** What scrolls. */
  readonly log: HTMLElement;
  readonly list: HTMLElement;
  readonly earlier: HTMLButtonElement;
  /** Whether it went out. */
  resend(content: string): boolean;
  /** For a wire whose history is usually read in part; nothing: it cannot be read now. */
  readonly readWhole?: () => Promise<readonly ShownMessage[] | null>;
}

/** Sent here and not confirmed yet. */
interface Unconfirmed {
  readonly content: string;
  readonly line: HTMLLIElement;
  readonly mark: HTMLElement;
  lost: boolean;
  failed: boolean;
}

const momentOf = (at: Date): HTMLTimeElement => {
  const today = at.toDateString() === new Date().toDateString();
  const text = today
    ? at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
    : at.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
  const time = node('time', '', text);
  time.dateTime = at.toISOString();
  return time;
};

/** A reader at the end wants to stay there. */
export const atEnd = (log: HTMLElement): boolean => log.scrollHeight - log.scrollTop - log.clientHeight < 60;

export type MessageLog = ReturnType<typeof createLog>;

export const createLog = ({ log, list, earlier, resend, readWhole }: LogOptions) => {
  const lines = new Map<ShownMessage['id'], HTMLLIElement>();
  const unconfirmed: Unconfirmed[] = [];
  let older: ShownMessage[] = []; // of the history, not drawn
  let catchingUp = true; // the next history is more than what arrives live
  let oldestId: ShownMessage['id'] | null = null; // of what the history put here: nothing is missing from there on

  const toEnd = (): void => {
    log.scrollTop = log.scrollHeight;
  };
  const keepingEnd = (change: () => void): void => {
    const follow = atEnd(log);
    change();
    if (follow) toEnd();
  };

  const draw = (message: ShownMessage): HTMLLIElement => {
    const line = node('li', message.own ? 'message own' : 'message');
    // Its place on the screen says whose it is, where one can see it.
    const who = message.own ? node('span', 'visually-hidden', 'You') : node('span', 'who', message.who);
    line.append(who, momentOf(message.at), node('p', 'text', message.text));
    lines.set(message.id, line);
    return line;
  };

  /** The server confirms by sending it back, or by its history. */
  const settle = (message: ShownMessage): void => {
    if (!message.own) return;
    const at = unconfirmed.findIndex(({ content }) => content === message.text);
    if (at >= 0) for (const sent of unconfirmed.splice(at, 1)) sent.line.remove();
  };

  const fail = (sent: Unconfirmed): void => {
    if (sent.failed) return;
    sent.failed = true;
    sent.line.className = 'message own failed';
    sent.mark.textContent = 'Not sent';
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
  const merge = (history: readonly ShownMessage[]): void => {
    const known = history.findIndex(({ id }) => id === oldestId);
    const from = known >= 0 ? known : Math.max(0, history.length - shownMax);
    oldestId ??= history[from]?.id ?? null;
    if (known >= 0 || older.length === 0) older = history.slice(0, from);
    let before: HTMLLIElement | null = null;
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

  const showEarlier = async (): Promise<void> => {
    if (older.length === 0 && readWhole) {
      const whole = await readWhole();
      if (!whole) return;
      older = whole.slice(
        0,
        whole.findIndex(({ id }) => id === oldestId),
      );
    }
    const some = older.splice(-shownMax);
    oldestId = some[0]?.id ?? oldestId;
    const fromEnd = log.scrollHeight - log.scrollTop;
    list.prepend(...some.map(draw));
    log.scrollTop = log.scrollHeight - fromEnd;
    earlier.hidden = older.length === 0;
    log.focus({ preventScroll: true });
  };
  earlier.onclick = () => void showEarlier();
  earlier.hidden = true;
  list.replaceChildren();

  return {
    /** `whole`: the history begins where it begins. Read aloud is what comes live, not a whole history. */
    fill(history: readonly ShownMessage[], { whole }: { readonly whole: boolean }): void {
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
    add(message: ShownMessage): void {
      if (lines.has(message.id)) return;
      keepingEnd(() => {
        settle(message);
        const waiting = unconfirmed[0]?.line;
        if (waiting) waiting.before(draw(message));
        else list.append(draw(message));
      });
    },
    /** Whether the history joins what is here: if not, more of it is needed. */
    joins: (history: readonly ShownMessage[]): boolean => lines.size === 0 || history.some(({ id }) => lines.has(id)),
    notice: (text: string): void => keepingEnd(() => list.append(node('li', 'notice', text))),
    sent(content: string): void {
      const line = node('li', 'message own waiting');
      const mark = node('span', 'mark', 'Sending…');
      line.append(node('span', 'visually-hidden', 'You'), mark, node('p', 'text', content));
      unconfirmed.push({ content, line, mark, lost: false, failed: false });
      list.append(line);
      toEnd();
    },
    isWaiting: (): boolean => unconfirmed.some(({ failed }) => !failed),
    /** The connection broke: whether it arrived, the next history says. */
    connectionLost(): void {
      catchingUp = true;
      for (const sent of unconfirmed) sent.lost = true;
    },
    /** The server said no to a frame. It does not say to which: they are answered in turn. */
    refused(): void {
      const sent = unconfirmed.find(({ failed }) => !failed);
      if (sent) keepingEnd(() => fail(sent));
    },
  };
};
