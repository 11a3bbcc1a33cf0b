// "Connection Flow Example" of Signaling Server API's README, and a second agent that comes and goes.
// node examples/dist/mesh/client.js [url]
import { allSeen, answerOf, saw, socketUrl, toSee, unique, url } from '../run.js';

toSee(
  'the first agent is registered',
  'it received that the second is online',
  'it received that the second is offline',
);

const post = async (path: string, token: string | null, body?: object) =>
  answerOf(
    await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    }),
  );

/** An account and its token. */
const user = async (): Promise<string> => {
  const credentials = { email: `${unique('user')}@example.com`, password: 'password123' };
  await post('/register', null, credentials);
  return (await post('/login', null, credentials)).access_token;
};

const [firstToken, secondToken] = [await user(), await user()];
const { id } = await post('/organizations', firstToken, { name: 'My Organization', subnet: '10.0.0.0/24' });
await post(`/organizations/${id}/join`, secondToken);
for (const token of [firstToken, secondToken]) await post(`/organizations/${id}/allocate_ip`, token, {});

interface Peer {
  readonly peer_id: string;
}

const peers = new Map<string, Peer>();
const storePeersInMemory = (existing: Peer[]) => existing.forEach(addPeerToMemory);
const addPeerToMemory = (peer: Peer) => peers.set(peer.peer_id, peer);

// 1. Connect with the token
const ws = new WebSocket(`${socketUrl}/ws?token=${firstToken}`);

ws.onopen = function () {
  console.log('WebSocket connected');

  // 2. Send the registration message, which has to be the first one
  const registerMessage = {
    type: 'register',
    agent_id: 'my-agent-001',
    public_ip: '203.0.113.1',
    public_port: 50000,
    relay_ip: '203.0.113.10',
    relay_port: 50001,
  };

  ws.send(JSON.stringify(registerMessage));
};

ws.onmessage = function (event) {
  const data = JSON.parse(event.data);

  // 3. The answer to the registration
  if (data.type === 'register_agent_response') {
    console.log('Registered successfully!');
    console.log('Virtual IP:', data.virtual_ip);
    console.log('Connection ID:', data.connection_id);
    console.log('Existing peers:', data.existing_peers);

    storePeersInMemory(data.existing_peers);
    saw('the first agent is registered');
    startSecond();
  }

  // 4. A peer came online
  else if (data.type === 'peer_online') {
    console.log('New peer online:', data.peer);

    addPeerToMemory(data.peer);
    saw('it received that the second is online');
    second?.close();
  }

  // A peer went offline
  else if (data.type === 'peer_offline') {
    console.log('Peer offline:', data);

    if (peers.delete(data.peer_id)) saw('it received that the second is offline');
  }

  // 5. Errors
  else if (data.error) {
    throw new Error(data.error);
  }
};

ws.onclose = function () {
  console.log('WebSocket disconnected');
};

let second: WebSocket | undefined;
const startSecond = () => {
  const socket = new WebSocket(`${socketUrl}/ws?token=${secondToken}`);
  second = socket;
  socket.onopen = () =>
    socket.send(
      JSON.stringify({ type: 'register', agent_id: 'my-agent-002', public_ip: '203.0.113.2', public_port: 50000 }),
    );
};

await allSeen();
ws.close();
