// One socket in one place that comes back by itself. Only the server's own "no" ends it.

const waitMinMs = 500;
const waitMaxMs = 15_000;

export interface LinkOptions<Frame extends { readonly type: string }> {
  readonly url: string;
  /** The type of the first frame. */
  readonly greeting: string;
  /** Codes of a close that another try would not change. */
  readonly final: ReadonlySet<number>;
  onConnected(): void;
  onFrame(frame: Frame): void;
  onLost(lost: { readonly waitMs: number }): void;
  onRefused(close: { readonly code: number; readonly reason: string }): void;
}

export interface Link {
  /** false: there is no connection right now. */
  send(frame: object): boolean;
  end(): void;
}

export const openLink = <Frame extends { readonly type: string }>(options: LinkOptions<Frame>): Link => {
  const { url, greeting, final, onConnected, onFrame, onLost, onRefused } = options;
  let socket: WebSocket | null = null;
  let timer: number | undefined;
  let attempt = 0;
  let ended = false;

  const connect = (): void => {
    clearTimeout(timer);
    timer = undefined;
    socket = new WebSocket(url);
    socket.onmessage = ({ data }: MessageEvent<string>) => {
      if (ended) return;
      const frame = JSON.parse(data) as Frame;
      if (frame.type !== greeting) return onFrame(frame);
      attempt = 0;
      onConnected();
    };
    socket.onclose = ({ code, reason }) => {
      if (ended) return;
      if (final.has(code)) {
        end();
        return onRefused({ code, reason });
      }
      const waitMs = Math.min(waitMaxMs, waitMinMs * 2 ** attempt++) * (0.5 + Math.random() / 2);
      timer = setTimeout(connect, waitMs);
      onLost({ waitMs });
    };
  };

  // The machine has a network again: no need to wait.
  const retryNow = (): void => {
    if (timer !== undefined) connect();
  };
  addEventListener('online', retryNow);

  const end = (): void => {
    ended = true;
    clearTimeout(timer);
    removeEventListener('online', retryNow);
    socket?.close(1000);
  };

  connect();
  return {
    send(frame) {
      if (socket?.readyState !== WebSocket.OPEN) return false;
      socket.send(JSON.stringify(frame));
      return true;
    },
    end,
  };
};
