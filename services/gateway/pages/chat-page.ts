// What both chat pages do alike, over the elements that both have: say how it stands, sign in and out, write and send.

import { atEnd } from './chat-log.js';
import { node } from './chat-node.js';

/** The element of the page with this id; throws when there is none, or one of another kind. */
export function $(id: string): HTMLElement;
export function $<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind;
export function $(id: string, kind: new () => HTMLElement = HTMLElement): HTMLElement {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`This page has no ${kind.name} ${id}`);
}

const content = $('content', HTMLTextAreaElement);
const say = $('say', HTMLFormElement);
const send = say.querySelector('button');
const log = $('log');

export const showState = (state: 'on' | 'out' | 'lost', text: string): void => {
  $('state').dataset['state'] = state;
  $('state').textContent = text;
};

export const showError = (text: string): void => {
  $('chat-error').textContent = text;
};

export const showProblem = (error: unknown): void => showError(error instanceof Error ? error.message : String(error));

export const showLost = (waitMs: number): void =>
  showState('lost', `Connection lost. Trying again in ${Math.max(1, Math.round(waitMs / 1000))} s…`);

/** One may write as long as there is a place to write to; to send, a connection is needed. */
export const mayWrite = (yes: boolean): void => {
  content.disabled = !yes;
};
export const maySend = (yes: boolean): void => {
  if (send) send.disabled = !yes;
};

// The space for it changes when a keyboard comes up or something unfolds: a reader of the newest message still sees it.
let following = true;
log.addEventListener('scroll', () => {
  following = atEnd(log);
});
new ResizeObserver(() => {
  if (following) log.scrollTo(0, log.scrollHeight);
}).observe(log);

/** The server said no. */
export class RequestError extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

export interface RequestOptions {
  readonly token?: string | undefined;
  readonly json?: object | undefined;
  readonly form?: Readonly<Record<string, string>> | undefined;
}

/** What FastAPI answers to what it refuses. */
interface Refusal {
  readonly detail?: string | readonly { readonly loc: readonly (string | number)[]; readonly msg: string }[];
}

const reasonOf = ({ detail }: Refusal): string | undefined =>
  typeof detail === 'object' ? detail.map(({ loc, msg }) => `${loc.slice(1).join('.')}: ${msg}`).join(', ') : detail;

/** Rejects with a RequestError; with another error when there was no answer. The caller knows the shape of the answer. */
export const ask = async <Answer>(
  method: string,
  path: string,
  { token, json, form }: RequestOptions = {},
): Promise<Answer> => {
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
  const answer: unknown = await response.json().catch(() => ({}));
  if (response.ok) return answer as Answer;
  throw new RequestError(reasonOf(answer as Refusal) ?? `The server answered ${response.status}`, response.status);
};

export const socketUrl = (path: string, token: string): string =>
  `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${path}?token=${encodeURIComponent(token)}`;

const signIn = $('sign-in', HTMLFormElement);

export const showSignedIn = (): void => {
  signIn.hidden = true;
  $('chat').hidden = $('sign-out').hidden = false;
};

export const showSignedOut = (why: string): void => {
  $('chat').hidden = $('sign-out').hidden = true;
  signIn.hidden = false;
  showState('out', why);
  signIn.querySelector<HTMLInputElement>('[name=username]')?.focus();
};

/** Who came to a place wants to write; on a touch screen that would bring up the keyboard unasked. */
export const focusPlace = (): void => $(matchMedia('(pointer: coarse)').matches ? 'title' : 'content').focus();

export interface Place {
  readonly id: number;
  readonly label: string;
  readonly hint?: string;
  pick(): void;
}

/** The list of places, a button for each. */
export const showPlaces = (places: readonly Place[]): void => {
  $('places').replaceChildren(
    ...places.map(({ id, label, hint, pick }) => {
      const button = node('button', '', label);
      button.type = 'button';
      if (hint !== undefined) button.title = hint;
      button.dataset['id'] = String(id);
      button.onclick = pick;
      const line = node('li');
      line.append(button);
      return line;
    }),
  );
};

export const markCurrent = (id: number | undefined): void => {
  for (const button of $('places').querySelectorAll('button')) {
    const isCurrent = Number(button.dataset['id']) === id;
    button.setAttribute('aria-current', String(isCurrent));
    if (isCurrent) button.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }
};

/** The texts of a form by the names of its fields. */
export type Fields = Readonly<Record<string, string>>;

const fieldsOf = (form: HTMLFormElement): Fields => {
  const fields: Record<string, string> = {};
  for (const [name, value] of new FormData(form)) if (typeof value === 'string') fields[name] = value;
  return fields;
};

/** A form that does one thing at a time, and whose error is shown in the element `<error>`. `action` is the value of the button. */
export const onSubmit = (
  id: string,
  error: string,
  work: (fields: Fields, action: string | undefined) => Promise<void>,
): void => {
  const form = $(id, HTMLFormElement);
  let busy = false;
  const submit = async (submitter: HTMLElement | null): Promise<void> => {
    if (busy) return;
    busy = true;
    $(error).textContent = '';
    try {
      await work(fieldsOf(form), submitter instanceof HTMLButtonElement ? submitter.value : undefined);
    } catch (problem) {
      $(error).textContent = problem instanceof Error ? problem.message : String(problem);
    } finally {
      busy = false;
    }
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    void submit(event.submitter);
  };
};

/** `write` answers whether it went out; what did not stays where it was written. */
export const onSay = (write: (text: string) => boolean): void => {
  const submit = (event: Event): void => {
    event.preventDefault();
    const text = content.value;
    if (text.trim() === '') return;
    if (write(text)) content.value = '';
    content.focus();
  };
  say.onsubmit = submit;
  // Enter sends, with Shift it begins a line; while an input method composes it does neither.
  content.onkeydown = (event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) submit(event);
  };
};

/** Called at each change of the text. */
export const onWriting = (listener: () => void): void => {
  content.oninput = listener;
};

/** Resets and folds the form for a new place. */
export const foldNewPlace = (): void => {
  $('new-place', HTMLFormElement).reset();
  $('new', HTMLDetailsElement).open = false;
};
