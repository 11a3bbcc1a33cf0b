// A process full of v1 sockets that hear one channel; told what to do by the proof that started it.
import { openSocket } from '@parley/testing';

const sockets = [];
let latencies = [];
let sequences = [];

const open = async ({ url, channelId, token, count }) => {
  for (let n = 0; n < count; n += 1) {
    const test = await openSocket(`${url}/v1/socket`, { headers: { authorization: `Bearer ${token}` } });
    await test.waitFor('session.opened');
    test.send({ jsonrpc: '2.0', id: 1, method: 'channel.attach', params: { channelId } });
    await test.waitFor((frame) => frame.id === 1);
    // From here on only numbers are kept.
    test.socket.removeAllListeners('message');
    const index = sockets.push(test) - 1;
    sequences[index] = [];
    test.socket.on('message', (data) => {
      const { method, params } = JSON.parse(data.toString());
      if (method !== 'message.created') return;
      latencies.push(Date.now() - Number(params.message.content.text.split(' ', 1)[0]));
      sequences[index].push(params.message.sequence);
    });
  }
};

const begin = () => {
  latencies = [];
  sequences = sockets.map(() => []);
};

const end = () => {
  const missed = sequences.filter((own) => own.some((sequence, at) => at > 0 && sequence !== own[at - 1] + 1)).length;
  return { latencies, missed };
};

/** The TCP connection is not read at all: neither frames nor pings. */
const stall = () => {
  for (const { socket } of sockets) socket._socket.pause();
};

/** What each finds when it reads again. */
const resume = async () => {
  for (const { socket } of sockets) socket._socket.resume();
  return Promise.all(sockets.map(async ({ closed }) => (await closed).code));
};

const todo = { open, begin, end, stall, resume };
process.on('message', async (message) => process.send({ to: message.do, value: await todo[message.do](message) }));
process.on('disconnect', () => process.exit(0));
