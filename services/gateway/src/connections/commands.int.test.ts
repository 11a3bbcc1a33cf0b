// Commands that need the services, on sockets: their order, and what a connection leaves.
import { eventually } from '@parley/testing';
import { expect, test } from 'vitest';
import { upTo } from '../testing/fixtures.js';
import { withServices } from '../testing/services.js';

const givenRealtime = withServices();

test('frames that are sent before the answer wait and are all served, in order', async () => {
  await using given = await givenRealtime({ adapter: { openMs: 50 } });
  given.principals.state.delayMs = 50;
  const ada = await given.account('ada');
  const room = await given.room(ada);
  const socket = await given.connect(ada.token, { raw: true });
  for (const n of upTo(20)) {
    socket.send({
      type: 'message.send',
      target: { channelId: room },
      clientId: `c${n}`,
      content: { type: 'text', text: `m${n}` },
      requestId: n,
    });
  }
  await socket.waitFor((frame) => frame.requestId === 20);
  expect(socket.frames[0]).toHaveProperty('hello');
  expect(socket.frames.filter((one) => one.type === 'message.send').map((one) => one.requestId)).toEqual(upTo(20));
});

test('more messages than may wait at once are sent one after another, all of them', async () => {
  await using given = await givenRealtime({ adapter: { delaysBursts: true }, timings: { pendingCommandsMax: 4 } });
  const ada = await given.account('ada');
  const target = { channelId: await given.room(ada) };
  const socket = await given.connect(ada.token);
  for (const n of upTo(40)) {
    const content = { type: 'text', text: `m${n}` };
    socket.send({ type: 'message.send', target, clientId: `c${n}`, content, requestId: n });
  }
  await socket.waitFor((frame) => frame.requestId === 40);
  expect(socket.frames.filter(({ type }) => type === 'message.send').map(({ requestId }) => requestId)).toEqual(
    upTo(40),
  );
});

test('a connection that is gone leaves nothing behind', async () => {
  await using given = await givenRealtime({ timings: { lingerMs: 50 } });
  const ada = await given.account('ada');
  const room = await given.room(ada);
  const socket = await given.connect(ada.token);
  await socket.ask({ type: 'channel.attach', channelId: room });
  expect(given.realtime.stats()).toMatchObject({ connections: 1, streams: 2 });
  socket.ws.close();
  await eventually(() => expect(given.realtime.stats()).toMatchObject({ connections: 0, streams: 0 }));
});

test('a message from REST and one from a socket are the same command: both have a place in one order', async () => {
  await using given = await givenRealtime();
  const ada = await given.account('Ada');
  const { principal, token } = ada;
  const channelId = await given.room(ada);
  const socket = await given.connect(token);
  const command = {
    type: 'message.send' as const,
    target: { channelId },
    clientId: 'one',
    content: { type: 'text' as const, text: 'Hi' },
  };
  const rest = { principal, connection: null, requestId: undefined, requestKey: null, receivedAt: performance.now() };
  expect(await given.realtime.execute(command, rest)).toMatchObject({ repeated: false, message: { sequence: 1 } });
  expect(await socket.ask(command)).toMatchObject({ repeated: true, message: { sequence: 1 } });
});
