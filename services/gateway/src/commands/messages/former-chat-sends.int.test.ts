// During a rolling upgrade a gateway may find chat of the previous release only, which takes no lists.
import { expect, test } from 'vitest';
import { upTo } from '../../testing/fixtures.js';
import { withServices } from '../../testing/services.js';

const givenRealtime = withServices({ unserved: ['chat.message.sendMany'] });

test('while only chat of the previous release runs, messages are sent one by one, in order', async () => {
  await using given = await givenRealtime();
  const ada = await given.account('ada');
  const target = { channelId: await given.room(ada) };
  const socket = await given.connect(ada.token);
  for (const n of upTo(20)) {
    const content = { type: 'text', text: `m${n}` };
    socket.send({ type: 'message.send', target, clientId: `c${n}`, content, requestId: n });
  }
  await socket.waitFor(({ requestId }) => requestId === 20);
  const sent = socket.frames.filter(({ type }) => type === 'message.send');
  expect(sent.map(({ message }) => (message as { sequence: number }).sequence)).toEqual(upTo(20));
  expect(given.calls.count('chat.message.send')).toBe(20);
});
