// One socket in one conversation that comes back by itself. Only the server's own "no" ends it.

const waitMinMs = 500;
const waitMaxMs = 15_000;
/** What another try would not change: 4001 the token, 4003 not a participant, 4004 no such conversation. */
const final = new Set([4001, 4003, 4004]);

export const openLink = ({ url, onConnected, onFrame, onLost, onRefused }) => {
  let socket = null;
  let timer = null;
  let attempt = 0;
  let ended = false;

  const connect = () => {
    clearTimeout(timer);
    timer = null;
    socket = new WebSocket(url);
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      if (frame.type !== 'connection') return onFrame(frame);
      attempt = 0;
      onConnected(frame);
    };
    socket.onclose = ({ code, reason }) => {
      if (ended) return;
      if (final.has(code)) {
        end();
        return onRefused({ code, reason });
      }
      const waitMs = Math.min(waitMaxMs, waitMinMs * 2 ** attempt++) * (0.5 + Math.random() / 2);
      timer = setTimeout(connect, waitMs);
      onLost({ reason, waitMs });
    };
  };

  // The machine has a network again: no need to wait.
  const hurry = () => timer !== null && connect();
  addEventListener('online', hurry);

  const end = () => {
    ended = true;
    clearTimeout(timer);
    removeEventListener('online', hurry);
    socket?.close(1000);
  };

  connect();
  return {
    /** false: there is no connection right now. */
    send(content) {
      if (socket.readyState !== WebSocket.OPEN) return false;
      socket.send(JSON.stringify({ content }));
      return true;
    },
    end,
  };
};
