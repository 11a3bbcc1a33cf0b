import type { IncomingMessage, RequestListener } from 'node:http';
import type { Socket } from 'node:net';

type Arrived = Parameters<RequestListener>;

/** How many requests begin before what else arrived is read. */
const perTurnDefault = 16;
/** How many requests of one connection may wait; no client sends so many without reading an answer, and the connection is closed. */
const waitingMax = 1_000;

/** What tells an operator that the process lives does not wait. */
const isUrgent = ({ url }: IncomingMessage): boolean => url === '/health';

/**
 * Begins at most `perTurn` requests in one turn of the event loop, those that wait connection by connection. `node:http` would begin all
 * that one read brought, some hundred on a connection whose client does not wait for answers; sockets and answers of the bus would wait
 * for all of them. A request whose connection is gone before its turn does not begin.
 */
export const inTurns = (answer: RequestListener, perTurn = perTurnDefault): RequestListener => {
  // In the order in which connections have their turn.
  const waiting = new Map<Socket, Arrived[]>();
  let begun = 0;
  let isScheduled = false;

  const schedule = (): void => {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      turn();
    });
  };
  const begin = (...arrived: Arrived): void => {
    begun += 1;
    schedule();
    answer(...arrived);
  };
  const turn = (): void => {
    begun = 0;
    for (const [socket, requests] of waiting) {
      if (begun >= perTurn) break;
      waiting.delete(socket);
      if (socket.destroyed) continue;
      const next = requests.shift();
      if (requests.length > 0) waiting.set(socket, requests);
      if (next) begin(...next);
    }
    if (waiting.size > 0) schedule();
  };

  return (request, response) => {
    const { socket } = request;
    if (socket.destroyed) return;
    const before = waiting.get(socket);
    if (!before && (begun < perTurn || isUrgent(request))) {
      begin(request, response);
      return;
    }
    const requests = before ?? [];
    requests.push([request, response]);
    if (!before) waiting.set(socket, requests);
    if (requests.length > waitingMax) socket.destroy();
    schedule();
  };
};
