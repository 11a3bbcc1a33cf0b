import type { Realm } from '@parley/contracts';
import type { Dialect, Handshake, SocketWire } from './dialect.js';
import { mountOf, realmsOf } from './registry.js';
import type { Wire } from './registry.js';

/** Whose socket a path is, and what the path says. */
export interface Selected {
  readonly dialect: Dialect;
  readonly wire: SocketWire;
  readonly params: Readonly<Record<string, string>>;
  /** The wire's own first. */
  readonly realms: readonly Realm[];
}

export type Select = (handshake: Pick<Handshake, 'path'>) => Selected | null;

/**
 * Which dialect a socket belongs to: by `/wires/<dialect>/…`, else by its native path. A path is matched whole, never by how it
 * begins: `/ws` is not `/ws/chat/1`.
 */
export const createSelect = (wires: readonly Wire[]): Select => {
  const among = (candidates: readonly Wire[], path: string): Selected | null => {
    for (const wire of candidates) {
      const params = wire.dialect.socket?.match(path);
      if (wire.dialect.socket && params) {
        return { dialect: wire.dialect, wire: wire.dialect.socket, params, realms: realmsOf(wire) };
      }
    }
    return null;
  };
  return ({ path: target }) => {
    const path = pathOf(target);
    const named = wires.find((wire) => path.startsWith(`${mountOf(wire)}/`));
    return named ? among([named], path.slice(mountOf(named).length)) : among(wires, path);
  };
};

const pathOf = (target: string): string => target.split('?', 1)[0] ?? '';
