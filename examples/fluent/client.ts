// What Fluent Backend's README describes: keys are exchanged, messages encrypted before they are sent, and relayed as they are.
// node examples/dist/fluent/client.js [url]
import {
  constants,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
} from 'node:crypto';
import { allSeen, answerOf, saw, socketUrl, toSee, unique, url } from '../run.js';

toSee(
  'Bob read his own words from the echo',
  'Alice read what was stored for her',
  'Bob read her answer in real time',
  'nothing is stored but what they encrypted',
);

interface User {
  readonly id: number;
  readonly username: string;
}

const post = async (path: string, body: object) =>
  answerOf(
    await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    }),
  );

// RSA, as the Android Keystore makes it; public keys travel as X.509 in base64.
const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
const encrypt = (publicKey: string, text: string) => {
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
  return publicEncrypt({ key, ...padding }, Buffer.from(text)).toString('base64');
};
const decrypt = (key: KeyObject, content: string) =>
  privateDecrypt({ key, ...padding }, Buffer.from(content, 'base64')).toString();

// 1. Register and log in: access and refresh tokens
const enter = async (word: string) => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const username = unique(word);
  const { id } = await post('/auth/register', {
    username,
    email: `${username}@example.com`,
    password: 'password123',
    public_key: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
  });
  const { access_token, refresh_token } = await post('/auth/login', { username, password: 'password123' });
  return { id, username, access_token, refresh_token, privateKey };
};
const alice = await enter('alice');
const bob = await enter('bob');

// 2. Use /auth/refresh to get new tokens when expired
Object.assign(alice, await post('/auth/refresh', { refresh_token: alice.refresh_token }));

// 3. Search for users: that is where their public keys are
const keyOf = async ({ username }: User) => {
  const found: (User & { public_key: string })[] = await answerOf(await fetch(`${url}/users/search?query=${username}`));
  const user = found.find((each) => each.username === username);
  if (!user) throw new Error(`${username} is not found`);
  return user.public_key;
};
const sealed = async (sender: User, receiver: User, text: string) => ({
  receiverID: receiver.id,
  receiver_encrypted: encrypt(await keyOf(receiver), text),
  sender_encrypted: encrypt(await keyOf(sender), text),
  messageType: 'text',
});
const question = await sealed(bob, alice, 'Are you there?');
const answer = await sealed(alice, bob, 'Yes!');

// 4. Authenticate WebSocket with token: /chat/ws?token=...
const bobs = new WebSocket(`${socketUrl}/chat/ws?token=${bob.access_token}`);
let alices: WebSocket | undefined;

bobs.onopen = () => bobs.send(JSON.stringify(question));

bobs.onmessage = ({ data }) => {
  const frame = JSON.parse(data);
  console.log('Bob received:', frame);
  const text = decrypt(bob.privateKey, frame.content);
  if (frame.sender_id === bob.id && text === 'Are you there?') {
    saw('Bob read his own words from the echo');
    void connectAlice();
  } else if (frame.sender_id === alice.id && text === 'Yes!') {
    saw('Bob read her answer in real time');
  }
};

// 5. Get all messages with partner, newest first
const messagesWithBob = async (): Promise<{ content: string }[]> =>
  answerOf(
    await fetch(`${url}/chat/all_messages?partnerID=${bob.id}`, {
      headers: { Authorization: `Bearer ${alice.access_token}` },
    }),
  );

const connectAlice = async () => {
  const [stored] = await messagesWithBob();
  if (stored && decrypt(alice.privateKey, stored.content) === 'Are you there?')
    saw('Alice read what was stored for her');

  const socket = new WebSocket(`${socketUrl}/chat/ws?token=${alice.access_token}`);
  alices = socket;
  socket.onopen = () => socket.send(JSON.stringify(answer));
  socket.onmessage = ({ data }) => {
    console.log('Alice received:', JSON.parse(data));
    void lookAtHistory();
  };
};

const lookAtHistory = async () => {
  const contents = (await messagesWithBob()).map(({ content }) => content);
  if (contents.join() === [answer.sender_encrypted, question.receiver_encrypted].join())
    saw('nothing is stored but what they encrypted');
};

await allSeen();
alices?.close();
bobs.close();
