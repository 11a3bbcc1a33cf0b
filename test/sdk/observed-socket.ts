import type { SocketConstructor, SocketLike } from '@parley/client';
import { WebSocket } from 'ws';

/** A frame as it crosses the wire. */
export interface Frame {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly data?: { readonly code: string; readonly reason: string } };
  readonly traceparent?: string;
}

export interface ObservedSockets {
  readonly webSocket: SocketConstructor;
  /** What the clients sent and what arrived at them, on all connections, in this order. */
  readonly sent: readonly Frame[];
  readonly received: readonly Frame[];
  /** How many connections were begun. */
  readonly opened: number;
}

/** What the network does to a frame that arrives: nothing, lose it, double it, or hand over others with it. */
export type Arrival = (frame: Frame) => readonly Frame[];

/** Sockets of `ws` that note what crosses them; `arrival` says what of it the client receives. */
export const observedSockets = (arrival: Arrival = (frame) => [frame]): ObservedSockets => {
  const sent: Frame[] = [];
  const received: Frame[] = [];
  let opened = 0;
  class ObservedSocket implements SocketLike {
    readonly #socket: WebSocket;
    onopen: (() => void) | null = null;
    onmessage: ((event: { data: unknown }) => void) | null = null;
    onerror: (() => void) | null = null;
    onclose: ((event: { code: number; reason: string }) => void) | null = null;

    constructor(url: string) {
      opened += 1;
      this.#socket = new WebSocket(url);
      this.#socket.onopen = () => this.onopen?.();
      this.#socket.onerror = () => this.onerror?.();
      this.#socket.onclose = ({ code, reason }) => this.onclose?.({ code, reason });
      this.#socket.onmessage = ({ data }) => {
        const frame = JSON.parse(data as string) as Frame;
        received.push(frame);
        for (const each of arrival(frame)) this.onmessage?.({ data: JSON.stringify(each) });
      };
    }

    send(data: string): void {
      sent.push(JSON.parse(data) as Frame);
      this.#socket.send(data);
    }

    close(code?: number, reason?: string): void {
      this.#socket.close(code, reason);
    }

    terminate(): void {
      this.#socket.terminate();
    }
  }
  return {
    webSocket: ObservedSocket,
    sent,
    received,
    get opened() {
      return opened;
    },
  };
};
