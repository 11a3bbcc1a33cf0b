// A device as its maker would write it: one socket, comes back with its token after a pause that grows, says one thing at a time and
// says the same frame again when it saw no answer, acknowledges what it is sent. It records everything that reaches it.
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';

const [pauseMinMs, pauseMaxMs] = [200, 3_000];
const handshakeMs = 10_000;
const answerMs = 15_000;
const retryMs = 500;

export class Device {
  connections = [];
  /** msgid → every time that it came: on which connection, when, and when it was acknowledged there. */
  received = new Map();
  reconnectMs = [];
  strange = [];
  current = null;
  asked = null;
  wanted = false;
  away = false;
  failures = 0;

  constructor({ urls, uuid, token, acknowledges, random, first, onHeard }) {
    Object.assign(this, { urls, uuid, token, acknowledges, random, onHeard, gateway: first });
  }

  /** Resolves with the greeting; keeps itself connected from then on. */
  start() {
    this.wanted = true;
    this.away = false;
    return this.open();
  }

  /** Closes, and comes back after so long. */
  async rest(ms) {
    this.away = true;
    this.current?.socket.close(1000);
    await sleep(ms);
    await this.start();
  }

  /** A second socket takes over at the other gateway; the first is closed a moment later, as one of a network that was left. */
  async moveOver() {
    const before = this.current;
    this.gateway += 1;
    await this.open();
    await sleep(this.random() * 500);
    before?.socket.close(1000);
  }

  stop() {
    this.wanted = false;
    for (const { socket } of this.connections) socket.terminate();
  }

  open() {
    const gateway = this.gateway % this.urls.length;
    const socket = new WebSocket(`${this.urls[gateway].replace('http', 'ws')}/ws?token=${this.token}`, {
      handshakeTimeout: handshakeMs,
    });
    const connection = { socket, gateway, n: this.connections.length, openedAt: performance.now(), topics: new Map() };
    this.connections.push(connection);
    return new Promise((resolve) => {
      socket.on('message', (data) => {
        const frame = JSON.parse(data.toString());
        if (frame.type === 'connection') this.greeted(connection, resolve);
        else this.heard(connection, frame);
      });
      socket.on('error', () => undefined);
      socket.on('close', (code) => {
        this.closed(connection, code);
        resolve(null);
      });
    });
  }

  greeted(connection, resolve) {
    if (connection.greetedAt) this.strange.push(`${this.uuid}: greeted twice on one connection`);
    connection.greetedAt = performance.now();
    if (this.lostAt) this.reconnectMs.push(connection.greetedAt - this.lostAt);
    this.lostAt = null;
    this.failures = 0;
    this.current = connection;
    resolve(connection);
    if (this.asked && !this.asked.connection) this.put(this.asked);
  }

  closed(connection, code) {
    connection.endedAt = performance.now();
    connection.code = code;
    const wasCurrent = this.current === connection || (!connection.greetedAt && this.current === null);
    if (wasCurrent) this.current = null;
    if (this.asked?.connection === connection) this.unanswered(this.asked);
    if (!wasCurrent) return;
    if (!this.wanted || this.away) return;
    this.lostAt ??= performance.now();
    void this.comeBack();
  }

  async comeBack() {
    const pauseMs = Math.min(pauseMinMs * 2 ** this.failures, pauseMaxMs) * (0.5 + this.random());
    this.failures += 1;
    this.gateway += 1;
    await sleep(pauseMs);
    if (this.wanted && !this.away && !this.current) await this.open();
  }

  heard(connection, frame) {
    const now = performance.now();
    this.onHeard(now);
    if (!connection.greetedAt) this.strange.push(`${this.uuid}: heard something before it was greeted`);
    if (frame.type === 'sent' || frame.type === 'topic_sent') return this.answered(connection, frame, 'sent');
    if (frame.type === 'error') {
      if (/not connected$/.test(frame.message)) return this.answered(connection, frame, 'kept');
      this.errors = (this.errors ?? 0) + 1;
      this.lastError = frame.message;
      // About no message that it could name: the one it just said.
      if (/^Error processing/.test(frame.message) && this.asked?.connection === connection)
        this.repeatLater(this.asked);
      return;
    }
    if ('topic_id' in frame) {
      const heard = connection.topics.get(frame.topic_id) ?? [];
      connection.topics.set(frame.topic_id, heard);
      heard.push({ n: frame.msgno, at: now });
      return;
    }
    const receipt = { connection, at: now };
    const receipts = this.received.get(frame.msgid) ?? [];
    this.received.set(frame.msgid, receipts);
    receipts.push(receipt);
    if (!frame.acknowledge || !this.acknowledges || connection.socket.readyState !== WebSocket.OPEN) return;
    connection.socket.send(JSON.stringify({ type: 'ack', msgid: frame.msgid }));
    receipt.acknowledgedAt = now;
  }

  /** Resolves with `sent`, `kept`, or `unknown` where it was to be said once only and its answer was lost. */
  async say(frame, { once = false } = {}) {
    while (this.asked) await this.asked.done;
    const asked = { text: JSON.stringify(frame), msgid: frame.msgid, once, attempts: 0, askedAt: performance.now() };
    asked.done = new Promise((resolve) => (asked.resolve = resolve));
    this.asked = asked;
    if (this.current) this.put(asked);
    return asked.done;
  }

  put(asked) {
    asked.connection = this.current;
    asked.attempts += 1;
    asked.saidAt = performance.now();
    this.current.socket.send(asked.text);
    const { attempts } = asked;
    setTimeout(() => {
      if (this.asked !== asked || asked.attempts !== attempts || !asked.connection) return;
      this.strange.push(`${this.uuid}: no answer within ${answerMs / 1000} s on a connection that lives`);
      this.repeatLater(asked);
    }, answerMs).unref();
  }

  answered(connection, { msgid }, how) {
    const { asked } = this;
    if (asked?.msgid !== msgid) {
      this.strange.push(`${this.uuid}: an answer that nothing asked for (${how} ${msgid})`);
      return;
    }
    this.settle(asked, how);
  }

  unanswered(asked) {
    asked.connection = null;
    if (asked.once) this.settle(asked, 'unknown');
    else if (this.current) this.put(asked);
  }

  repeatLater(asked) {
    setTimeout(
      () => {
        if (this.asked !== asked) return;
        asked.connection = null;
        if (this.current) this.put(asked);
      },
      retryMs * Math.min(asked.attempts, 6) * (0.5 + this.random()),
    );
  }

  settle(asked, how) {
    this.asked = null;
    const now = performance.now();
    asked.resolve({ how, attempts: asked.attempts, ms: now - asked.askedAt, saidAt: asked.askedAt, answeredAt: now });
  }
}
