// A device as its maker would write it: one socket, reconnects with its token after a pause that grows, sends one thing at a time and
// repeats the same frame when it received no answer, acknowledges what it receives. It records everything that reaches it.
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { at, type Random } from '../proof/random.js';

const [pauseMinMs, pauseMaxMs] = [200, 3_000];
const handshakeMs = 10_000;
const answerMs = 15_000;
const retryMs = 500;

export interface TopicReceipt {
  readonly n: number;
  readonly at: number;
}

/** Times are `performance.now()`. */
export interface Connection {
  readonly socket: WebSocket;
  /** Which of the device's connections it is. */
  readonly n: number;
  readonly openedAt: number;
  greetedAt?: number;
  endedAt?: number;
  /** What came in each topic. */
  readonly topics: Map<string, TopicReceipt[]>;
}

/** One time that a message came. */
export interface Receipt {
  readonly connection: Connection;
  readonly at: number;
  acknowledgedAt?: number;
}

/** What a device sends: a direct message or one to a topic. */
export interface DeviceFrame {
  readonly msgid: string;
}

/** `kept`: its receiver was not connected. `unknown`: it was sent once only and its answer was lost. */
export type Answered = 'sent' | 'kept' | 'unknown';

export interface SendResult {
  readonly how: Answered;
  readonly attempts: number;
  /** From sending to the answer. */
  readonly ms: number;
  readonly sentAt: number;
  readonly answeredAt: number;
}

interface Request {
  readonly text: string;
  readonly msgid: string;
  readonly once: boolean;
  readonly sentAt: number;
  readonly resolve: (result: SendResult) => void;
  readonly done: Promise<SendResult>;
  attempts: number;
  /** Where it was written last; null while it waits for a connection. */
  connection: Connection | null;
}

interface ReceivedFrame {
  readonly type?: string;
  readonly message?: string;
  readonly msgid: string;
  readonly topic_id?: string;
  readonly msgno: number;
  readonly acknowledge?: boolean;
}

interface DeviceOptions {
  readonly urls: readonly string[];
  readonly uuid: string;
  readonly token: string;
  readonly acknowledges: boolean;
  readonly random: Random;
  /** Index of the gateway where it connects first. */
  readonly gateway: number;
  /** Called with the time of everything that it receives. */
  readonly onReceived: (now: number) => void;
}

export class Device {
  readonly uuid: string;
  readonly token: string;
  readonly acknowledges: boolean;
  readonly connections: Connection[] = [];
  /** By msgid, every time that it came. */
  readonly received = new Map<string, Receipt[]>();
  /** From losing a connection to the next greeting. */
  readonly reconnectMs: number[] = [];
  /** What contradicts the protocol. */
  readonly violations: string[] = [];
  errors = 0;
  readonly #options: DeviceOptions;
  #gateway: number;
  #current: Connection | null = null;
  #request: Request | null = null;
  #isWanted = false;
  #isAway = false;
  #failures = 0;
  #lostAt: number | null = null;

  constructor(options: DeviceOptions) {
    this.#options = options;
    this.#gateway = options.gateway;
    this.uuid = options.uuid;
    this.token = options.token;
    this.acknowledges = options.acknowledges;
  }

  get isConnected(): boolean {
    return this.#current !== null;
  }

  get isWaiting(): boolean {
    return this.#request !== null;
  }

  get isAway(): boolean {
    return this.#isAway;
  }

  /** Resolves with the greeting; keeps itself connected from then on. */
  async start(): Promise<void> {
    this.#isWanted = true;
    this.#isAway = false;
    await this.#open();
  }

  /** Closes, and comes back after so long. */
  async rest(ms: number): Promise<void> {
    this.#isAway = true;
    this.#current?.socket.close(1000);
    await sleep(ms);
    await this.start();
  }

  /** A second socket takes over at the other gateway; the first is closed a moment later, as one of a network that was left. */
  async moveOver(): Promise<void> {
    const before = this.#current;
    this.#gateway += 1;
    await this.#open();
    await sleep(this.#options.random() * 500);
    before?.socket.close(1000);
  }

  stop(): void {
    this.#isWanted = false;
    for (const { socket } of this.connections) socket.terminate();
  }

  /** One thing at a time. A frame that is sent `once` is not repeated when its answer was lost. */
  async send(frame: DeviceFrame, { once = false } = {}): Promise<SendResult> {
    while (this.#request) await this.#request.done;
    const { promise: done, resolve } = withResolver<SendResult>();
    const request: Request = {
      ...{ text: JSON.stringify(frame), msgid: frame.msgid, once, sentAt: performance.now() },
      ...{ resolve, done, attempts: 0, connection: null },
    };
    this.#request = request;
    if (this.#current) this.#write(request, this.#current);
    return done;
  }

  #open(): Promise<void> {
    const url = at(this.#options.urls, this.#gateway).replace('http', 'ws');
    const socket = new WebSocket(`${url}/ws?token=${this.token}`, { handshakeTimeout: handshakeMs });
    const connection = { socket, n: this.connections.length, openedAt: performance.now(), topics: new Map() };
    this.connections.push(connection);
    return new Promise((resolve) => {
      socket.on('message', (data: Buffer) => {
        const frame = JSON.parse(data.toString()) as ReceivedFrame;
        if (frame.type !== 'connection') return this.#onFrame(connection, frame);
        this.#onGreeting(connection);
        resolve();
      });
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#onClose(connection);
        resolve();
      });
    });
  }

  #onGreeting(connection: Connection): void {
    if (connection.greetedAt !== undefined) this.#violation('greeted twice on one connection');
    connection.greetedAt = performance.now();
    if (this.#lostAt !== null) this.reconnectMs.push(connection.greetedAt - this.#lostAt);
    this.#lostAt = null;
    this.#failures = 0;
    this.#current = connection;
    if (this.#request && !this.#request.connection) this.#write(this.#request, connection);
  }

  #onClose(connection: Connection): void {
    connection.endedAt = performance.now();
    const wasCurrent = this.#current === connection || (connection.greetedAt === undefined && this.#current === null);
    if (wasCurrent) this.#current = null;
    if (this.#request?.connection === connection) this.#onNoAnswer(this.#request);
    if (!wasCurrent || !this.#isWanted || this.#isAway) return;
    this.#lostAt ??= performance.now();
    void this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    const pauseMs = Math.min(pauseMinMs * 2 ** this.#failures, pauseMaxMs) * (0.5 + this.#options.random());
    this.#failures += 1;
    this.#gateway += 1;
    await sleep(pauseMs);
    if (this.#isWanted && !this.#isAway && !this.#current) await this.#open();
  }

  #onFrame(connection: Connection, frame: ReceivedFrame): void {
    const now = performance.now();
    this.#options.onReceived(now);
    if (connection.greetedAt === undefined) this.#violation('received something before it was greeted');
    if (frame.type === 'sent' || frame.type === 'topic_sent') this.#onAnswer(frame, 'sent');
    else if (frame.type === 'error') this.#onError(connection, frame);
    else if (frame.topic_id !== undefined) {
      const receipts = connection.topics.get(frame.topic_id) ?? [];
      connection.topics.set(frame.topic_id, receipts);
      receipts.push({ n: frame.msgno, at: now });
    } else this.#onDirect(connection, frame, now);
  }

  #onDirect(connection: Connection, { msgid, acknowledge }: ReceivedFrame, now: number): void {
    const receipt: Receipt = { connection, at: now };
    const receipts = this.received.get(msgid) ?? [];
    this.received.set(msgid, receipts);
    receipts.push(receipt);
    if (!acknowledge || !this.acknowledges || connection.socket.readyState !== WebSocket.OPEN) return;
    connection.socket.send(JSON.stringify({ type: 'ack', msgid }));
    receipt.acknowledgedAt = now;
  }

  #onError(connection: Connection, frame: ReceivedFrame): void {
    const { message = '' } = frame;
    if (message.endsWith('not connected')) return this.#onAnswer(frame, 'kept');
    this.errors += 1;
    // About no message that it could name: the one that was just sent.
    if (message.startsWith('Error processing') && this.#request?.connection === connection)
      this.#repeatLater(this.#request);
  }

  #onAnswer({ msgid }: ReceivedFrame, how: Answered): void {
    const request = this.#request;
    if (request?.msgid === msgid) this.#settle(request, how);
    else this.#violation(`an answer without a request (${how} ${msgid})`);
  }

  #write(request: Request, connection: Connection): void {
    request.connection = connection;
    request.attempts += 1;
    connection.socket.send(request.text);
    const { attempts } = request;
    setTimeout(() => {
      if (this.#request !== request || request.attempts !== attempts || !request.connection) return;
      this.#violation(`no answer within ${answerMs / 1000} s on a connection that lives`);
      this.#repeatLater(request);
    }, answerMs).unref();
  }

  #onNoAnswer(request: Request): void {
    request.connection = null;
    if (request.once) this.#settle(request, 'unknown');
    else if (this.#current) this.#write(request, this.#current);
  }

  #repeatLater(request: Request): void {
    const pauseMs = retryMs * Math.min(request.attempts, 6) * (0.5 + this.#options.random());
    setTimeout(() => {
      if (this.#request !== request) return;
      request.connection = null;
      if (this.#current) this.#write(request, this.#current);
    }, pauseMs);
  }

  #settle({ resolve, attempts, sentAt }: Request, how: Answered): void {
    this.#request = null;
    const now = performance.now();
    resolve({ how, attempts, ms: now - sentAt, sentAt, answeredAt: now });
  }

  #violation(what: string): void {
    this.violations.push(`${this.uuid}: ${what}`);
  }
}

const withResolver = <T>(): { promise: Promise<T>; resolve: (value: T) => void } => {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => (resolve = done));
  return { promise, resolve };
};
