// Who takes part and who is here. The socket says who left and never who came: that is asked again every so often.

import { node } from './chat-node.js';

export interface Participant {
  readonly id: number;
  readonly username: string;
}

export interface PeopleOptions {
  readonly list: HTMLElement;
  readonly title: HTMLElement;
  readonly self: { readonly id: number };
}

export const createPeople = ({ list, title, self }: PeopleOptions) => {
  let participants: readonly Participant[] = [];
  const presence = new Map<number, 'here' | 'left'>();

  const stateOf = (id: number): string => {
    if (id === self.id) return 'you';
    return presence.get(id) ?? '';
  };

  let drawn = '';
  const draw = (): void => {
    // Drawn anew only where something changed: the user may be reading it.
    const now = JSON.stringify(participants.map(({ id, username }) => [username, stateOf(id)]));
    if (now === drawn) return;
    drawn = now;
    title.textContent = participants.length > 0 ? `People (${participants.length})` : 'People';
    list.replaceChildren(
      ...participants.map(({ id, username }) => {
        const line = node('li');
        const state = stateOf(id);
        line.append(node('span', '', username), node('span', `presence ${state === 'left' ? '' : 'here'}`, state));
        return line;
      }),
    );
  };

  draw();
  return {
    fill(users: readonly (Participant & { readonly is_online: boolean })[]): void {
      participants = users;
      for (const { id, is_online } of users) {
        if (is_online) presence.set(id, 'here');
        else if (presence.get(id) === 'here') presence.set(id, 'left');
      }
      draw();
    },
    spoke({ sender_id, sender_name }: { readonly sender_id: number; readonly sender_name: string }): void {
      if (presence.get(sender_id) === 'here') return;
      presence.set(sender_id, 'here');
      if (!participants.some(({ id }) => id === sender_id)) {
        participants = [...participants, { id: sender_id, username: sender_name }];
      }
      draw();
    },
    left(id: number): void {
      presence.set(id, 'left');
      draw();
    },
  };
};
