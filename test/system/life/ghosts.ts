// Who is here, as one who looks all the time sees it.
import type { Person } from './people.js';

export interface Watch {
  /** Accounts of these that are not in that state for the one who looks. */
  others(people: readonly { readonly id: string; readonly name: string }[], state: 'online' | 'offline'): string[];
}

/** Subscribes to the presence of these accounts until the end. */
export const watchPresence = (
  { client }: Person,
  accounts: readonly { readonly id: string; readonly name: string }[],
): Watch => {
  const states = new Map(accounts.map(({ id }) => [id, client.presence.of(id)]));
  for (const state of states.values()) state.subscribe(() => {});
  return {
    others: (people, wanted) =>
      people.flatMap(({ id, name }) => {
        const { state } = states.get(id)?.value ?? { state: 'unknown' };
        return state === wanted ? [] : [`${name} is ${state}`];
      }),
  };
};
