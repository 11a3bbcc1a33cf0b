// Two people in a room of the Python FastAPI Chat Backend: typing, a message, and the history that keeps it.
// node examples/dist/rooms/client.js [url]
import { allSeen, answerOf, saw, socketUrl, toSee, unique, url } from '../run.js';

toSee('user2 saw that user1 types', 'user2 received the message', 'the history has the message');

const json = { 'Content-Type': 'application/json' };

// 1. Register and log in
const enter = async (word: string) => {
  const username = unique(word);
  const body = JSON.stringify({ username, password: 'password123' });
  await answerOf(await fetch(`${url}/api/auth/signup`, { method: 'POST', headers: json, body }));
  const response = await fetch(`${url}/api/auth/login`, { method: 'POST', headers: json, body });
  const { access_token: token } = await answerOf(response);
  return { username, token };
};
const user1 = await enter('user1');
const user2 = await enter('user2');
const authorization = { Authorization: `Bearer ${user1.token}` };

// 2. Create a room
const room = await answerOf(
  await fetch(`${url}/api/rooms`, {
    method: 'POST',
    headers: { ...json, ...authorization },
    body: JSON.stringify({ name: 'My New Room' }),
  }),
);

// 3. Connect to the chat room. Who sends does not receive its own, so user2 is there first
let first: WebSocket | undefined;
const second = new WebSocket(`${socketUrl}/ws/chat/${room.id}?token=${user2.token}`);

second.onmessage = ({ data }) => {
  const frame = JSON.parse(data);
  console.log('user2 received:', frame);
  if (frame.type === 'connected') {
    const ws = new WebSocket(`${socketUrl}/ws/chat/${room.id}?token=${user1.token}`);
    first = ws;
    ws.onopen = () => {
      // 4. Send typing indicator, send message
      ws.send(JSON.stringify({ type: 'typing' }));
      ws.send(JSON.stringify({ type: 'message', content: 'Hello, world!' }));
    };
  } else if (frame.type === 'typing' && frame.sender === user1.username) {
    saw('user2 saw that user1 types');
  } else if (frame.type === 'message' && frame.message === 'Hello, world!') {
    saw('user2 received the message');
    void readHistory();
  }
};

// 5. Get chat history
const readHistory = async () => {
  const response = await fetch(`${url}/api/messages/${room.id}`, { headers: authorization });
  const history: { message: string }[] = await answerOf(response);
  if (history.some(({ message }) => message === 'Hello, world!')) saw('the history has the message');
};

await allSeen();
first?.close();
second.close();
