import type { IncomingMessage, RequestListener } from 'node:http';
import type { Socket } from 'node:net';

type Arrived = Parameters<RequestListener>;

/** How many requests begin before the event loop handles other input. */
const perTurnDefault = 16;
/** How many requests of one connection may wait. No client sends so many without reading a response; beyond, the connection is closed. */
const waitingMax = 1_000;

/** The health check does not wait. */
const isUrgent = ({ url }: IncomingMessage): boolean => url === '/health';

/**
 * Begins at most `perTurn` requests in one turn of the event loop, and takes waiting requests from each connection in turn. `node:http`
 * would begin all requests of one read, some hundred on a connection whose client pipelines; sockets and replies from the bus would wait
 * for all of them. A request whose connection closes before its turn does not begin.
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
