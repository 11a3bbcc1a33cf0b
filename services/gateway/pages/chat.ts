// A client of the conversations wire, as its README describes it: sign in, conversations, history, one socket.

import { openLink } from './chat-link.js';
import { createLog, type ShownMessage } from './chat-log.js';
import * as page from './chat-page.js';
import { createPeople, type Participant } from './chat-people.js';

const { $ } = page;
const lookAgainMs = 5_000;
/** What another try would not change: 4001 the token, 4003 not a participant, 4004 no such conversation. */
const final = new Set([4001, 4003, 4004]);

interface Self {
  readonly id: number;
  readonly username: string;
  readonly token: string;
}

interface Conversation {
  readonly id: number;
  readonly title: string;
}

interface Message {
  readonly id: number;
  readonly sender_id: number;
  readonly sender_name: string;
  readonly content: string;
  readonly created_at: string;
}

type Frame =
  | ({ readonly type: 'message' } & Message)
  | { readonly type: 'user_left'; readonly user_id: number; readonly username: string }
  | { readonly type: 'error'; readonly message: string };

let self: Self | null = null;
/** The conversation on the screen. */
let live: ReturnType<typeof openConversation> | null = null;

const ask = <Answer>(method: string, path: string, options: page.RequestOptions = {}): Promise<Answer> =>
  page.ask<Answer>(method, path, { token: self?.token, ...options }).catch((error: unknown) => {
    if (error instanceof page.RequestError && error.status === 401 && self) signOut(error.message);
    throw error;
  });

const timeOf = (createdAt: string): Date => new Date(`${createdAt.slice(0, 19).replace(' ', 'T')}Z`);
const messageOf = ({ id, sender_id, sender_name, content, created_at }: Message): ShownMessage => ({
  ...{ id, who: sender_name, at: timeOf(created_at), text: content },
  own: sender_id === self?.id,
});

const openConversation = ({ id, title }: Conversation, as: Self) => {
  const path = `/conversations/${id}`;
  const say = (content: string): boolean => {
    const isOut = link.send({ content });
    if (isOut) log.sent(content);
    else page.showError('There is no connection right now. Try again in a moment.');
    return isOut;
  };
  const earlier = $('earlier', HTMLButtonElement);
  const log = createLog({ log: $('log'), list: $('messages'), earlier, resend: say });
  const people = createPeople({ list: $('participants'), title: $('people-title'), self: as });
  let ended = false;
  let looking: number | undefined;

  const readHistory = async (): Promise<void> => {
    try {
      const history = await ask<readonly Message[]>('GET', `${path}/messages`);
      if (!ended) log.fill(history.map(messageOf), { whole: true });
    } catch (error) {
      if (!ended) page.showProblem(error);
    }
  };
  // Asked again and again, so one that fails is not reported: the state of the connection says what is wrong.
  const lookAround = (): void =>
    void ask<readonly (Participant & { is_online: boolean })[]>('GET', `${path}/participants`).then(
      (users) => ended || people.fill(users),
      () => undefined,
    );

  $('title').textContent = title;
  page.showError('');
  page.mayWrite(true);
  page.maySend(false);
  page.showState('lost', 'Connecting…');

  const link = openLink<Frame>({
    ...{ url: page.socketUrl(`${path}/ws`, as.token), greeting: 'connection', final },
    onConnected() {
      page.showState('on', `Connected as ${as.username}`);
      page.showError('');
      page.maySend(true);
      // The socket is open: what is sent from now on arrives here, what was sent before is in the history.
      void readHistory();
      lookAround();
      clearInterval(looking);
      looking = setInterval(() => {
        if (!document.hidden) lookAround();
      }, lookAgainMs);
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
    end(): void {
      ended = true;
      clearInterval(looking);
      link.end();
    },
  };
};

const listConversations = async (): Promise<readonly Conversation[]> => {
  const conversations = await ask<readonly Conversation[]>('GET', '/conversations/');
  page.showPlaces(
    conversations.map((conversation) => ({
      id: conversation.id,
      label: conversation.title,
      hint: `Conversation ${conversation.id}`,
      pick: () => pick(conversation),
    })),
  );
  page.markCurrent(live?.id);
  return conversations;
};

const pick = (conversation: Conversation): void => {
  if (self === null) return;
  live?.end();
  live = openConversation(conversation, self);
  page.markCurrent(live.id);
  page.focusPlace();
};

const signOut = (why = 'Signed out'): void => {
  live?.end();
  live = self = null;
  page.showSignedOut(why);
};

interface Grant {
  readonly access_token: string;
  readonly user: { readonly id: number; readonly username: string };
}

page.onSubmit('sign-in', 'sign-in-error', async ({ username = '', password = '', conversation }) => {
  const wanted = Number(conversation);
  try {
    const { access_token, user } = await ask<Grant>('POST', '/auth/token', { form: { username, password } });
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

page.onSubmit('new-place', 'new-error', async ({ title, participants = '' }) => {
  const participant_ids = participants.split(',').map(Number);
  const made = await ask<Conversation>('POST', '/conversations/', { json: { title, participant_ids } });
  page.foldNewPlace();
  await listConversations();
  pick(made);
});

page.onSay((content) => live?.say(content) ?? false);

$('people', HTMLDetailsElement).open = matchMedia('(min-width: 60rem)').matches;
