/** A part of the gateway that holds state for connections: one object for all of them. */
export interface Room<C> {
  release(connection: C): void;
}

/**
 * The rooms that a connection releases when it closes, in the order in which it came to own them. Most connections own the same rooms, so
 * they share this list (72 bytes): each list knows those that are one room longer.
 */
export class OwnedRooms<C> {
  /** By the last room; weak, because a gateway that was stopped takes its rooms with it. */
  private readonly longer = new WeakMap<Room<C>, OwnedRooms<C>>();

  constructor(readonly list: readonly Room<C>[]) {}

  /** The list with this room; the same list if the room is in it. */
  with(room: Room<C>): OwnedRooms<C> {
    if (this.list.includes(room)) return this;
    const known = this.longer.get(room);
    if (known) return known;
    const longer = new OwnedRooms<C>([...this.list, room]);
    this.longer.set(room, longer);
    return longer;
  }
}

export const noRooms = new OwnedRooms<never>([]);
