// "Connecting via JavaScript" of WebSocket Real-Time Messaging, with testuser2 listening, as in a second tab.
// node examples/dist/conversations/client.js [url]
import { allSeen, answerOf, saw, socketUrl, toSee, unique, url } from '../run.js';

toSee('testuser is connected', 'testuser got its own message', 'testuser2 got it too', 'testuser2 saw testuser leave');

const content = unique('Hello, WebSocket!');
// The sample data's first conversation: testuser and testuser2.
const conversationId = 1;

const connect = async (username: string) => {
  // 1. Get JWT token from login
  const response = await fetch(`${url}/auth/token`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({
      username,
      password: 'TestPassword123',
    }),
  });
  const { access_token, user } = await answerOf(response);

  // 2. Connect to WebSocket
  const ws = new WebSocket(`${socketUrl}/conversations/${conversationId}/ws?token=${access_token}`);
  return { ws, user };
};

const listener = await connect('testuser2');
await new Promise((resolve) => (listener.ws.onmessage = resolve));
const { ws, user } = await connect('testuser');

let arrived = 0;
const leaveAfterBoth = () => {
  arrived += 1;
  if (arrived === 2) ws.close(1000, 'That is all');
};

listener.ws.onmessage = (event) => {
  const data = JSON.parse(event.data);
  if (data.type === 'message' && data.content === content) {
    saw('testuser2 got it too');
    leaveAfterBoth();
  } else if (data.type === 'user_left' && data.user_id === user.id) {
    saw('testuser2 saw testuser leave');
  }
};

// 3. Handle connection
ws.onopen = () => {
  console.log('Connected!');
};

// 4. Receive messages
ws.onmessage = (event) => {
  const data = JSON.parse(event.data);

  if (data.type === 'connection') {
    console.log('Connection confirmed:', data);
    saw('testuser is connected');

    // 5. Send a message
    ws.send(JSON.stringify({ content }));
  } else if (data.type === 'message') {
    console.log('New message:', data.content);
    console.log('From:', data.sender_name);
    console.log('At:', data.created_at);
    if (data.content === content) {
      saw('testuser got its own message');
      leaveAfterBoth();
    }
  }
};

// 6. Handle disconnection
ws.onclose = (event) => {
  console.log('Disconnected:', event.code, event.reason);
};

await allSeen();
listener.ws.close();
