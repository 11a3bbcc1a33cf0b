// One socket in one place that comes back by itself. Only the server's own "no" ends it.

const waitMinMs = 500;
const waitMaxMs = 15_000;

/** `greeting` is the type of the first frame; closing with a code of `final` is what another try would not change. */
export const openLink = ({ url, greeting, final, onConnected, onFrame, onLost, onRefused }) => {
  let socket = null;
  let timer = null;
  let attempt = 0;
  let ended = false;

  const connect = () => {
    clearTimeout(timer);
    timer = null;
    socket = new WebSocket(url);
    socket.onmessage = ({ data }) => {
      if (ended) return;
      const frame = JSON.parse(data);
      if (frame.type !== greeting) return onFrame(frame);
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
    send(frame) {
      if (socket.readyState !== WebSocket.OPEN) return false;
      socket.send(JSON.stringify(frame));
      return true;
    },
    end,
  };
};
