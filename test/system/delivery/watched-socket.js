import WebSocket from 'ws';

/**
 * A WebSocket for the SDK that counts what crosses the wire, before the SDK drops or orders anything. `order` is what each
 * connection alone must hold to: no entry of a stream twice, none before an earlier one.
 */
export const watchedSockets = () => {
  const counts = { opened: 0, sendAttempts: 0, resumes: 0, attaches: 0, pushed: 0, notInOrder: 0, resets: 0 };
  const strange = [];
  let lastReceivedAt = 0;
  let longestSilenceMs = 0;

  const answered = (connection, { id, result }) => {
    if (result?.outcome === 'reset') counts.resets += 1;
    if (connection.asking.delete(id)) connection.lasts.clear();
  };

  const received = (connection, frame) => {
    if (frame.method !== 'message.created') return answered(connection, frame);
    const { message, inboxSequence } = frame.params;
    const stream = inboxSequence === undefined ? message.channelId : 'inbox';
    const sequence = inboxSequence ?? message.sequence;
    counts.pushed += 1;
    const { lasts, asking } = connection;
    const last = lasts.get(stream);
    // While it asks for what it missed, it gets that beside what is new.
    if (last !== undefined && sequence !== last + 1 && asking.size === 0) {
      counts.notInOrder += 1;
      strange.push(`${stream}: ${sequence} after ${last}`);
    }
    lasts.set(stream, sequence);
    const now = performance.now();
    if (lastReceivedAt > 0) longestSilenceMs = Math.max(longestSilenceMs, now - lastReceivedAt);
    lastReceivedAt = now;
  };

  class WatchedSocket extends WebSocket {
    constructor(url) {
      super(url);
      this.connection = { lasts: new Map(), asking: new Set() };
      this.on('open', () => (counts.opened += 1));
      this.on('message', (data) => received(this.connection, JSON.parse(data.toString())));
    }

    send(data, ...rest) {
      const { method, id } = JSON.parse(data);
      if (method === 'message.send') counts.sendAttempts += 1;
      if (method === 'session.resume') counts.resumes += 1;
      if (method === 'channel.attach') counts.attaches += 1;
      if (method === 'session.resume' || method === 'channel.attach') this.connection.asking.add(id);
      super.send(data, ...rest);
    }
  }
  return {
    WatchedSocket,
    counts,
    strange,
    longestSilence: () => longestSilenceMs,
  };
};
