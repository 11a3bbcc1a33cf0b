// Who said what to whom and who heard it: what is lost, doubled, crossed or out of order.
const marking = /mark-([a-z0-9]+)-([a-z0-9]+)-\d+-\d+/g;

export const markerOf = (wire, run, index, n) => `mark-${wire}-${run}-${index}-${n}`;

/** Of one wire: what its clients said (`said`, by marker) and heard. */
export const hearingOf = (wire, run) => {
  const said = new Map();
  const received = new Map();
  const crossed = [];
  const refusals = [];
  const latencies = [];

  /** Looks at every byte that a client gets, whatever it is. */
  const listen = (client, isRefusal) => {
    const own = [];
    received.set(client.index, own);
    client.socket.socket.on('message', (data) => {
      const text = data.toString();
      const markers = [...text.matchAll(marking)];
      const strange = markers.find(([, ofWire, ofRun]) => ofWire !== wire || ofRun !== run);
      if (strange) crossed.push(`${wire} ${client.index} got ${strange[0]}`);
      const frame = parsed(text);
      if (isRefusal(frame)) refusals.push(`${client.index}: ${text.slice(0, 200)}`);
      // An answer that names what was said is no delivery.
      if (markers.length === 0 || frame.result !== undefined) return;
      const [[marker]] = markers;
      const message = said.get(marker);
      if (message && !own.some((one) => one.marker === marker && one.type === frame.type)) {
        latencies.push(performance.now() - message.at);
      }
      own.push({ marker, type: frame.type });
    });
  };

  const timesReceived = () => {
    const counts = new Map();
    for (const [index, own] of received)
      for (const { marker } of own) counts.set(`${index} ${marker}`, (counts.get(`${index} ${marker}`) ?? 0) + 1);
    return counts;
  };

  /** Of what each should have heard: how much was not, and how much too often or by somebody else. */
  const judge = () => {
    const counts = timesReceived();
    const lost = [];
    const doubled = [];
    let expected = 0;
    for (const [marker, { hearers, times }] of said) {
      for (const index of new Set(hearers)) {
        const key = `${index} ${marker}`;
        const count = counts.get(key) ?? 0;
        counts.delete(key);
        expected += times;
        if (count < times) lost.push(key);
        if (count > times) doubled.push(key);
      }
    }
    // Whoever should not have heard it at all.
    doubled.push(...counts.keys());
    return { expected, delivered: [...received.values()].flat().length, lost, doubled };
  };

  /** What a client heard of a stream, in the order in which it came. */
  const inStream = (index, stream) =>
    (received.get(index) ?? []).filter(({ marker }) => said.get(marker)?.stream === stream).map(({ marker }) => marker);

  const isFor = (index, marker) => said.get(marker)?.hearers.includes(index) ?? false;

  /** Against the history where the wire has one; else two who hear the same hear it in the same order. */
  const outOfOrder = (histories) => {
    const wrong = [];
    const streams = new Set([...said.values()].map(({ stream }) => stream));
    for (const stream of streams) {
      const history = histories?.get(stream);
      for (const [index] of received) {
        const own = inStream(index, stream);
        if (history) {
          if (own.join() !== history.filter((marker) => isFor(index, marker)).join())
            wrong.push(`${index} in ${stream}`);
          continue;
        }
        for (const [other] of received) {
          if (other <= index) continue;
          const ours = own.filter((marker) => isFor(other, marker));
          const theirs = inStream(other, stream).filter((marker) => isFor(index, marker));
          if (ours.join() !== theirs.join()) wrong.push(`${index} and ${other} in ${stream}`);
        }
        wrong.push(...notBySender(own).map((sender) => `${index} in ${stream}, said by ${sender}`));
      }
    }
    return wrong;
  };

  /** Senders whose own messages did not come in the order in which they were said. */
  const notBySender = (markers) => {
    const lasts = new Map();
    const wrong = new Set();
    for (const marker of markers) {
      const [sender, n] = marker.split('-').slice(3).map(Number);
      if (n < (lasts.get(sender) ?? -1)) wrong.add(sender);
      lasts.set(sender, n);
    }
    return [...wrong];
  };

  /** An agent that came and went: in this order for each who stayed. */
  const comesBeforeGoes = () =>
    [...received].flatMap(([index, own]) => {
      const gone = new Set();
      return own.flatMap(({ marker, type }) => {
        if (type === 'peer_offline') gone.add(marker);
        return type === 'peer_online' && gone.has(marker) ? [`${index}: ${marker}`] : [];
      });
    });

  return { said, crossed, refusals, latencies, listen, judge, outOfOrder, comesBeforeGoes };
};

const parsed = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return { text };
  }
};
