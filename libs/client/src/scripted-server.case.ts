import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { Message } from './types.js';

// A small server that speaks v1 from a script: it keeps streams like the real one, and misbehaves when told to.

type Frame = {
  readonly id?: number;
  readonly method: string;
  readonly params: Record<string, never>;
  readonly traceparent?: string;
};
type Channels = Record<string, number>;

export interface Live {
  readonly socket: WebSocket;
  readonly attached: Set<string>;
  readonly heard: Frame[];
}

export class ScriptedServer {
  readonly streams = new Map<string, Message[]>();
  readonly inbox: Message[] = [];
  readonly connections: Live[] = [];
  readonly requests: Frame[] = [];
  readonly restCalls: string[] = [];
  readonly #clientIds = new Map<string, Message>();
  /** Looks at every push and says what is really sent. */
  onPush: (frame: object, live: Live) => readonly object[] = (frame) => [frame];
  /** A request that it takes is answered (or not) by the test. */
  intercept: (frame: Frame, live: Live) => boolean = () => false;
  resetBeyond = Infinity;
  tokenLifeMs = 900_000;
  goodTokens = new Set(['token-0']);
  refreshes = 0;
  #http = createServer((request, response) => this.#rest(request, response));
  #sockets = new WebSocketServer({ server: this.#http });

  async start(port = 0): Promise<this> {
    this.#sockets.on('connection', (socket) => this.#connected(socket));
    await new Promise<void>((resolve) => this.#http.listen(port, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  get live(): Live[] {
    return this.connections.filter(({ socket }) => socket.readyState === socket.OPEN);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { socket } of this.connections) socket.terminate();
    this.#sockets.close();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  /** Commits a message and tells it. */
  say(channelId: string, text: string, clientId: string | null = null): Message {
    const stream = this.#stream(channelId);
    const message = make(channelId, stream.length + 1, text, clientId);
    stream.push(message);
    for (const live of this.live) if (live.attached.has(channelId)) this.#push(live, { message });
    return message;
  }

  sayDirect(text: string, clientId: string | null = null): Message {
    const message = make('direct', this.inbox.length + 1, text, clientId);
    this.inbox.push(message);
    for (const live of this.live) this.#push(live, { message, inboxSequence: message.sequence });
    return message;
  }

  notify(method: string, params: object): void {
    for (const { socket } of this.live) socket.send(JSON.stringify({ jsonrpc: '2.0', method, params }));
  }

  answer({ socket }: Live, { id }: Frame, result: object): void {
    if (id !== undefined) socket.send(JSON.stringify({ jsonrpc: '2.0', id, result }));
  }

  refuse({ socket }: Live, { id }: Frame, code: string, reason: string, retryAfterMs?: number): void {
    const data = { code, reason, ...(retryAfterMs !== undefined && { retryAfterMs }) };
    socket.send(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32000, message: reason, data } }));
  }

  #stream(channelId: string): Message[] {
    const stream = this.streams.get(channelId) ?? [];
    this.streams.set(channelId, stream);
    return stream;
  }

  #push(live: Live, params: object): void {
    for (const frame of this.onPush({ jsonrpc: '2.0', method: 'message.created', params }, live)) {
      live.socket.send(JSON.stringify(frame));
    }
  }

  #connected(socket: WebSocket): void {
    const live: Live = { socket, attached: new Set(), heard: [] };
    this.connections.push(live);
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Frame;
      this.requests.push(frame);
      live.heard.push(frame);
      if (!this.intercept(frame, live)) this.obey(frame, live);
    });
  }

  obey(frame: Frame, live: Live): void {
    const params = frame.params as unknown as Record<string, unknown>;
    switch (frame.method) {
      case 'session.authenticate':
        if (!this.goodTokens.has(params['accessToken'] as string)) {
          this.refuse(live, frame, 'unauthenticated', 'invalid_token');
          live.socket.close(4401, 'invalid_token');
          return;
        }
        this.notify('session.opened', { accountId: 'me' });
        return this.answer(live, frame, { accountId: 'me', expiresAt: this.#expiry() });
      case 'session.refresh':
        return this.answer(live, frame, { expiresAt: this.#expiry() });
      case 'session.resume':
        return this.#resume(frame, live, params as { inbox?: number; channels: Channels });
      case 'channel.attach':
        return this.#attach(frame, live, params as { channelId: string; after?: number });
      case 'message.send':
        return this.#send(frame, live, params);
      default:
        return this.answer(live, frame, {});
    }
  }

  #expiry = (): string => new Date(Date.now() + this.tokenLifeMs).toISOString();

  #resume(frame: Frame, live: Live, { inbox, channels }: { inbox?: number; channels: Channels }): void {
    const answers = Object.entries(channels).map(([id, after]) => [id, this.#replay(live, id, after)] as const);
    this.answer(live, frame, {
      ...(inbox !== undefined && { inbox: this.#replay(live, null, inbox) }),
      channels: Object.fromEntries(answers),
    });
  }

  #attach(frame: Frame, live: Live, { channelId, after }: { channelId: string; after?: number }): void {
    if (channelId === 'forbidden') return this.refuse(live, frame, 'forbidden', 'not_member');
    const stream = this.#replay(live, channelId, after ?? this.#stream(channelId).length);
    this.answer(live, frame, { channel: { id: channelId }, ...stream });
  }

  #replay(live: Live, channelId: string | null, after: number): object {
    const stream = channelId === null ? this.inbox : this.#stream(channelId);
    if (channelId !== null) live.attached.add(channelId);
    const head = stream.length;
    if (head - after > this.resetBeyond || after > head) return { outcome: 'reset', head, floor: 0 };
    for (const message of stream.slice(after)) {
      this.#push(live, { message, ...(channelId === null && { inboxSequence: message.sequence }) });
    }
    return { outcome: 'replayed', count: head - after, head };
  }

  #send(frame: Frame, live: Live, params: Record<string, unknown>): void {
    const { channelId, clientId, content } = params as {
      channelId?: string;
      clientId: string;
      content: { text: string };
    };
    const there = this.#clientIds.get(clientId);
    const message =
      there ?? (channelId ? this.say(channelId, content.text, clientId) : this.sayDirect(content.text, clientId));
    this.#clientIds.set(clientId, message);
    const { id, number, sequence, sentAt } = message;
    this.answer(live, frame, { id, number, channelId: message.channelId, sequence, sentAt, repeated: !!there });
  }

  #rest(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://x');
    this.restCalls.push(`${request.method} ${url.pathname}${url.search}`);
    const after = Number(url.searchParams.get('after') ?? 0);
    const channel = /^\/v1\/channels\/([^/]+)\/messages$/.exec(url.pathname)?.[1];
    const json = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (url.pathname === '/v1/sessions/refresh') return this.#refresh(json);
    if (url.pathname === '/v1/inbox') {
      const entries = this.inbox.slice(after, after + 3).map((message) => ({ sequence: message.sequence, message }));
      return json(200, { entries, more: after + 3 < this.inbox.length, head: this.inbox.length, floor: 0 });
    }
    if (channel === undefined) return json(404, { code: 'not_found', reason: 'path_not_found', detail: 'No' });
    const stream = this.#stream(channel);
    json(200, {
      messages: stream.slice(after, after + 3),
      more: after + 3 < stream.length,
      head: stream.length,
      floor: 0,
    });
  }

  #refresh(json: (status: number, body: object) => void): void {
    if (this.refreshes < 0) return json(401, { code: 'unauthenticated', reason: 'refresh_reused', detail: 'No' });
    const accessToken = `token-${++this.refreshes}`;
    this.goodTokens.add(accessToken);
    const accessTokenExpiresAt = this.#expiry();
    json(200, { account: { id: 'me' }, accessToken, refreshToken: `refresh-${this.refreshes}`, accessTokenExpiresAt });
  }
}

let numbers = 0;

const make = (channelId: string, sequence: number, text: string, clientId: string | null): Message => ({
  id: `${channelId}-${sequence}`,
  number: ++numbers,
  channelId,
  sequence,
  sender: { id: 'somebody', name: 'Somebody', handle: 'somebody' },
  clientId,
  content: { type: 'text', text },
  sentAt: new Date().toISOString(),
});
