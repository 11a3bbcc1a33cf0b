import { State } from '../state.js';
import type { MessageState, ReceiptPosition } from './types.js';

/** How far the other accounts of a channel have read and received it. */
export class Positions extends State<ReadonlyMap<string, ReceiptPosition>> {
  #read = 0;
  #delivered = 0;

  /** Takes positions, which only move forward. Returns whether the state of own messages may have changed. */
  put(positions: readonly ({ readonly accountId: string } & ReceiptPosition)[]): boolean {
    const [read, delivered] = [this.#read, this.#delivered];
    const map = new Map(this.value);
    for (const position of positions) {
      const known = map.get(position.accountId);
      const moved = {
        read: Math.max(known?.read ?? 0, position.read),
        delivered: Math.max(known?.delivered ?? 0, position.delivered),
      };
      map.set(position.accountId, moved);
      this.#read = Math.max(this.#read, moved.read);
      this.#delivered = Math.max(this.#delivered, moved.delivered);
    }
    if (positions.length > 0) this.set(map);
    return read !== this.#read || delivered !== this.#delivered;
  }

  stateOf(sequence: number): MessageState {
    return sequence <= this.#read ? 'read' : sequence <= this.#delivered ? 'delivered' : 'sent';
  }

  clear(): void {
    [this.#read, this.#delivered] = [0, 0];
    this.set(new Map());
  }
}
