// Two devices of Swifty Server: a direct message, and one to a topic.
// node examples/dist/swifty/client.js [url]
import { allSeen, answerOf, saw, socketUrl, toSee, unique, url } from '../run.js';

toSee(
  'Bob got the direct message',
  'Alice got the confirmation',
  'Alice got the topic message',
  'Bob got the number of subscribers that it reached',
);

const post = async (path: string, body: object) =>
  answerOf(
    await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    }),
  );

// 1. Clients register via /register and receive JWT tokens
const alice = await post('/register', { name: 'Alice', uuid: crypto.randomUUID() });
const bob = await post('/register', { name: 'Bob', uuid: crypto.randomUUID() });

// 2. One creates a topic, both subscribe
const topic_id = unique('my-topic');
await post(`/topics/create?token=${alice.token}`, { topic_id });
for (const { token } of [alice, bob]) await post(`/topics/subscribe?token=${token}`, { topic_id });

// 3. Bob connects to the WebSocket endpoint /ws with his token
const bobs = new WebSocket(`${socketUrl}/ws?token=${bob.token}`);
let alices: WebSocket | undefined;

bobs.onmessage = ({ data }) => {
  const message = JSON.parse(data);
  console.log('Bob received:', message);
  if (message.type === 'connection') {
    connectAlice();
  } else if (message.from === alice.uuid) {
    saw('Bob got the direct message');
    bobs.send(
      JSON.stringify({
        topic_id,
        from: bob.uuid,
        timestamp: Date.now() / 1000,
        priority: 'normal',
        subject: 'Topic message',
        msgid: crypto.randomUUID(),
        content: 'Hello, everybody!',
        action: 'topic_message',
        event: '',
        status: 'sent',
        msgno: 1,
      }),
    );
  } else if (message.type === 'topic_sent') {
    saw('Bob got the number of subscribers that it reached');
  }
};

// 4. Alice connects and sends a message with the recipient's UUID
const connectAlice = () => {
  const socket = new WebSocket(`${socketUrl}/ws?token=${alice.token}`);
  alices = socket;
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    console.log('Alice received:', message);
    if (message.type === 'connection') {
      socket.send(
        JSON.stringify({
          to: bob.uuid,
          from: alice.uuid,
          timestamp: Date.now() / 1000,
          priority: 'high',
          subject: 'Test',
          msgid: crypto.randomUUID(),
          acknowledge: true,
          content: 'Hello!',
          action: 'message',
          event: '',
          status: 'sent',
          conversation_id: '',
          msgno: 1,
        }),
      );
    } else if (message.type === 'sent') {
      saw('Alice got the confirmation');
    } else if (message.topic_id === topic_id && message.from === bob.uuid) {
      saw('Alice got the topic message');
    }
  };
};

await allSeen();
alices?.close();
bobs.close();
