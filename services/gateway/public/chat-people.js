// Who takes part and who is here, as far as this wire tells: it says who left and never who came, so somebody counts as
// here from the first word on.

import { node } from './chat-node.js';

export const createPeople = ({ list, title, self }) => {
  let participants = [];
  const presence = new Map(); // user id → 'here' | 'left'

  const said = (id) => {
    if (id === self.id) return 'you';
    return presence.get(id) ?? '';
  };

  const draw = () => {
    title.textContent = participants.length > 0 ? `People (${participants.length})` : 'People';
    list.replaceChildren(
      ...participants.map(({ id, username }) => {
        const line = node('li');
        const state = said(id);
        line.append(node('span', '', username), node('span', `presence ${state === 'left' ? '' : 'here'}`, state));
        return line;
      }),
    );
  };

  draw();
  return {
    fill(users) {
      participants = users;
      draw();
    },
    spoke({ sender_id, sender_name }) {
      if (presence.get(sender_id) === 'here') return;
      presence.set(sender_id, 'here');
      if (!participants.some(({ id }) => id === sender_id)) {
        participants = [...participants, { id: sender_id, username: sender_name }];
      }
      draw();
    },
    left(id) {
      presence.set(id, 'left');
      draw();
    },
  };
};
