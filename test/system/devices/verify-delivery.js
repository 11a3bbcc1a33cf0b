// What the wire promises, held against what each device was sent and what Parley says became of each message.

/** After so long an acknowledgement, or how far a connection was written to, has been told to chat. */
const settledMs = 3_000;

/** Each message that came to a device more often than once: was it allowed? */
const judgeRepeats = (device) => {
  const found = { repeats: 0, twiceOnOne: [], afterAcknowledged: [], unasked: [] };
  for (const [msgid, receipts] of device.received) {
    for (let n = 1; n < receipts.length; n += 1) {
      const [again, earlier] = [receipts[n], receipts.slice(0, n)];
      if (earlier.some(({ connection }) => connection === again.connection)) {
        found.twiceOnOne.push(`${msgid} on connection ${again.connection.n} of ${device.uuid}`);
        continue;
      }
      found.repeats += 1;
      const isKnown = ({ acknowledgedAt, connection }) =>
        acknowledgedAt !== undefined &&
        (connection.endedAt ?? Infinity) > acknowledgedAt + settledMs &&
        again.connection.openedAt > acknowledgedAt + settledMs;
      const known = earlier.find(isKnown);
      if (known) {
        const laterMs = Math.round(again.connection.openedAt - known.acknowledgedAt);
        found.afterAcknowledged.push(`${msgid} to ${device.uuid}, whose acknowledgement was ${laterMs} ms old`);
      }
      // Who never acknowledges is sent a message again only where its connection was just ending.
      const wasEnding = ({ at, connection }) =>
        connection.endedAt < at + settledMs || again.connection.openedAt < at + settledMs;
      if (!device.acknowledges && !earlier.some(wasEnding)) found.unasked.push(`${msgid} to ${device.uuid}`);
    }
  }
  return found;
};

/** What one device said to another comes in the order in which it was said, on each connection. */
const outOfOrder = (messages, devices) => {
  const last = new Map();
  const wrong = [];
  for (const { msgid, from, to, how } of messages) {
    if (how === 'unknown') continue;
    for (const { connection, at } of devices[to].received.get(msgid) ?? []) {
      const key = `${from} ${to} ${connection.n}`;
      const before = last.get(key);
      if (before && at < before.at)
        wrong.push(`${msgid} before ${before.msgid} on connection ${connection.n} of ${devices[to].uuid}`);
      last.set(key, { msgid, at });
    }
  }
  return wrong;
};

/**
 * Topics are for who is connected: each message once per connection, in order, without a hole between the first and the last that
 * it heard; and whatever was said after the greeting and confirmed well before the end was heard.
 */
const judgeTopics = (topics, devices) => {
  const found = { deliveries: 0, wrong: [], missed: [], onBoth: 0 };
  for (const { id, said, publisher, subscribers } of topics) {
    for (const index of subscribers) {
      if (index === publisher) continue;
      const device = devices[index];
      const everywhere = new Set();
      for (const connection of device.connections) {
        const numbers = (connection.topics.get(id) ?? []).map(({ n }) => n);
        found.deliveries += numbers.length;
        for (let at = 1; at < numbers.length; at += 1) {
          if (numbers[at] !== numbers[at - 1] + 1)
            found.wrong.push(
              `${id}: ${numbers[at]} after ${numbers[at - 1]} on connection ${connection.n} of ${device.uuid}`,
            );
        }
        found.onBoth += numbers.filter((n) => everywhere.has(n)).length;
        for (const n of numbers) everywhere.add(n);
        if (connection.greetedAt === undefined) continue;
        // Whoever took over hears instead of it.
        const takenOver = device.connections.find(
          ({ n, greetedAt }) => n > connection.n && greetedAt !== undefined,
        )?.openedAt;
        const until = Math.min(connection.endedAt ?? Infinity, takenOver ?? Infinity) - settledMs;
        const heard = new Set(numbers);
        for (const { n, saidAt, answeredAt } of said) {
          if (saidAt < connection.greetedAt || answeredAt > until || heard.has(n)) continue;
          found.missed.push(`${id}: ${n} on connection ${connection.n} of ${device.uuid}`);
        }
      }
    }
  }
  return found;
};

/** Where each message ended, and whether its device has it. */
const judgeEnds = (messages, devices) => {
  const ends = { acknowledged: 0, delivered: 0, pending: 0, skipped: 0, missing: 0, neverKept: 0, intoTheVoid: 0 };
  const lost = [];
  for (const { msgid, to, how, status } of messages) {
    const device = devices[to];
    const has = device.received.has(msgid);
    if (status === null && how === 'unknown' && !has) {
      // Its sender saw no answer and did not say it again: it never came to be.
      ends.neverKept += 1;
      continue;
    }
    if (status === null) ends.missing += 1;
    else ends[status] += 1;
    const isWhere = device.acknowledges ? status === 'acknowledged' : status === 'delivered';
    if (!isWhere) lost.push(`${msgid} (${how}) to ${device.uuid} ended ${status ?? 'nowhere'}`);
    else if (!has && device.acknowledges) lost.push(`${msgid} is acknowledged, and ${device.uuid} never had it`);
    else if (!has) ends.intoTheVoid += 1;
  }
  return { ends, lost };
};

export const judge = ({ devices, topics, messages }) => {
  const repeats = devices.map(judgeRepeats);
  const all = (name) => repeats.flatMap((one) => one[name]);
  return {
    ...judgeEnds(messages, devices),
    repeats: repeats.reduce((sum, one) => sum + one.repeats, 0),
    twiceOnOne: all('twiceOnOne'),
    afterAcknowledged: all('afterAcknowledged'),
    unasked: all('unasked'),
    outOfOrder: outOfOrder(messages, devices),
    topics: judgeTopics(topics, devices),
    strange: devices.flatMap(({ strange }) => strange),
  };
};
