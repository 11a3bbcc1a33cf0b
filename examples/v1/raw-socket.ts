// The v1 socket without the SDK, one JSON-RPC frame after the other: as in docs/protocol-v1.md.
// node examples/dist/v1/raw-socket.js [url]
import { type MessageEvent, WebSocket } from 'ws';
import { allSeen, answerOf, saw, socketUrl, toSee, unique, url } from '../run.js';

toSee('the socket is open', 'the message is kept', 'what was missed came after coming back');

const post = async (path: string, body: object, token?: string) =>
  answerOf(
    await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    }),
  );
const { accessToken } = await post('/v1/accounts', { username: unique('ada'), password: 'correct horse' });
const room = await post('/v1/channels', { kind: 'room', title: 'General' }, accessToken);

const connect = () => new WebSocket(`${socketUrl}/v1/socket`, { headers: { Authorization: `Bearer ${accessToken}` } });
const say = (socket: WebSocket, frame: object) => {
  console.log('→', JSON.stringify(frame));
  socket.send(JSON.stringify({ jsonrpc: '2.0', ...frame }));
};
const receive = ({ data }: MessageEvent) => {
  if (typeof data !== 'string') throw new Error('A frame is not text');
  console.log('←', data);
  const frame = JSON.parse(data);
  if (frame.error) throw new Error(frame.error.message);
  return frame;
};
const textOf = (text: string) => ({ clientId: crypto.randomUUID(), content: { type: 'text', text } });

const ws = connect();
ws.onmessage = (event) => {
  const { method, id, result } = receive(event);
  if (method === 'session.opened') {
    saw('the socket is open');
    say(ws, { id: 1, method: 'channel.attach', params: { channelId: room.id } });
  } else if (id === 1) {
    say(ws, { id: 2, method: 'message.send', params: { channelId: room.id, ...textOf('hello') } });
  } else if (id === 2) {
    saw('the message is kept');
    ws.onclose = () => void comeBack(result.sequence);
    ws.close();
  }
};

// A message is sent while the client is away; it comes back with the last sequence that it knows and receives the rest.
const comeBack = async (last: number) => {
  await post(`/v1/channels/${room.id}/messages`, textOf('you missed this'), accessToken);
  const again = connect();
  again.onmessage = (event) => {
    const { method, id, params } = receive(event);
    if (method === 'session.opened') {
      say(again, { id: 3, method: 'session.resume', params: { channels: { [room.id]: last } } });
    } else if (method === 'message.created' && params.message.sequence === last + 1) {
      saw('what was missed came after coming back');
    } else if (id === 3) {
      again.close();
    }
  };
};

await allSeen();
