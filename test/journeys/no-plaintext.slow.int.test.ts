import {
  constants,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import { openSocket } from '@parley/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Item, newFluentUser } from '../clients/fluent.js';
import { ask, unique } from '../clients/http.js';
import { enter, newRoom, roomsUser } from '../clients/rooms.js';
import { as, v1User } from '../clients/v1.js';
import { type Kept, startWatchedStack, type WatchedStack } from './watched-stack.js';

/** Letters and digits alone, so that JSON, URLs and SQL leave it as it is. */
const secret = (word: string): string => `${word}${randomBytes(12).toString('hex')}`;

/** How a text may be written somewhere: as it is, escaped, in hex, and in base64 at each offset. */
const formsOf = (text: string): readonly string[] => {
  const bytes = Buffer.from(text);
  const inBase64 = [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    // What the bytes before and behind it change is left out.
    const inner = encoded.slice(offset === 0 ? 0 : 4, -4);
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const hex = bytes.toString('hex');
  return [text, encodeURIComponent(text), JSON.stringify(text).slice(1, -1), hex, hex.toUpperCase(), ...inBase64];
};

const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
const encrypted = (publicKey: string, text: string): string =>
  publicEncrypt(
    { key: `-----BEGIN PUBLIC KEY-----\n${publicKey}\n-----END PUBLIC KEY-----`, ...oaep },
    Buffer.from(text),
  ).toString('base64');
const decrypted = (key: KeyObject, text: string): string =>
  privateDecrypt({ key, ...oaep }, Buffer.from(text, 'base64')).toString();

/** A user of the app: a key pair, of which the server gets the public half. */
const appUser = async (url: string, name: string) => {
  const { publicKey: key, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const publicKey = key.export({ type: 'spki', format: 'der' }).toString('base64');
  const body = { ...newFluentUser(name), password: secret('Password'), public_key: publicKey };
  const { username, password } = body;
  const { id } = (await ask('POST', `${url}/auth/register`, { body })).body as { id: number };
  const { body: first } = await ask('POST', `${url}/auth/login`, { body: { username, password } });
  return { id, username, password, body, publicKey, privateKey, first: first as Tokens };
};
interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

const exchange = async (url: string) => {
  const marker = secret('Marker');
  const [ada, bob] = [await appUser(url, 'ada'), await appUser(url, 'bob')];
  const { body } = await ask('POST', `${url}/auth/refresh`, { body: { refresh_token: ada.first.refresh_token } });
  const second = body as Tokens;
  using adas = await openSocket(`${url}/chat/ws?token=${second.access_token}`);
  using bobs = await openSocket(`${url}/chat/ws?token=${bob.first.access_token}`);
  const ciphertexts = [bob, ada].map(({ publicKey }) => encrypted(publicKey, marker));
  const [forBob = '', forAda = ''] = ciphertexts;
  const frame = { receiverID: bob.id, receiver_encrypted: forBob, sender_encrypted: forAda, messageType: 'text' };
  adas.send(frame);
  const received = (await bobs.waitFor((each) => each['sender_id'] === ada.id)) as unknown as Item;
  const history = await ask('GET', `${url}/chat/all_messages?partnerID=${bob.id}`, { token: second.access_token });
  const [kept] = history.body as Item[];
  // They can read it, so what is looked for is what was said.
  expect(decrypted(bob.privateKey, received.content)).toBe(marker);
  expect(decrypted(ada.privateKey, kept?.content ?? '')).toBe(marker);

  // What is refused is no more anybody's to read: a frame, sign-ins, a name taken, tokens.
  adas.send({ ...frame, receiver_encrypted: undefined, text: marker });
  await adas.waitFor(({ text }) => typeof text === 'string' && text.startsWith('Validation error'));
  adas.send(`{"text": "${marker}`);
  await adas.waitFor(({ text }) => text === 'Invalid JSON format');
  const wrong = { password: secret('Wrong'), token: secret('eyJ') };
  const refusals = [
    await ask('POST', `${url}/auth/login`, { body: { username: ada.username, password: wrong.password } }),
    await ask('POST', `${url}/auth/register`, { body: ada.body }),
    await ask('POST', `${url}/auth/register`, { body: { ...ada.body, username: { [marker]: marker } } }),
    await ask('POST', `${url}/auth/refresh`, { body: { refresh_token: wrong.token } }),
    await ask('GET', `${url}/chat/chat_list?token=${wrong.token}`, { token: wrong.token }),
  ];
  expect(refusals.map(({ status }) => status)).toEqual([401, 400, 422, 401, 401]);
  using stranger = await openSocket(`${url}/chat/ws?token=${wrong.token}`);
  expect(await stranger.closed).toMatchObject({ code: 1008 });
  return { marker, forBob, forAda, ada, bob, second, wrong };
};

/** Whoever cannot do its work says so in its log, and not with which words it was asked. */
const failInside = async ({ url, withoutTables }: WatchedStack) => {
  const said = secret('Lost');
  const password = secret('Password');
  const user = await roomsUser(url);
  const room = await newRoom(url, user);
  using socket = await enter(url, user, room);
  const { status } = await withoutTables(['chat.entries', 'auth.credentials'], async () => {
    socket.send({ type: 'message', content: said });
    await socket.waitFor('error');
    await ask('POST', `${url}/api/auth/login`, { body: { username: user.username, password } });
    return ask('POST', `${url}/api/auth/signup`, { body: { username: unique('erin'), password } });
  });
  expect(status).toBe(500);
  return { said, password };
};

/** What the server may read, and how else one comes in. */
const inTheOpen = async (url: string) => {
  const said = secret('Plain');
  const [carol, dave] = [await roomsUser(url, 'carol'), await roomsUser(url, 'dave')];
  const room = await newRoom(url, carol);
  using carols = await enter(url, carol, room);
  using daves = await enter(url, dave, room);
  carols.send({ type: 'message', content: said });
  await daves.waitFor('message');
  const user = await v1User(url);
  const { body } = await as(url, user)('POST /socket-tickets');
  const { ticket } = body as { ticket: string };
  using socket = await openSocket(`${url}/v1/socket?ticket=${ticket}`);
  await socket.waitFor('session.opened');
  return { said, ticket };
};

const inStoreAndOnBus = [
  'table chat.entries',
  'bus rpc.chat.message.send',
  'bus answer to rpc.chat.message.send',
  'bus answer to rpc.chat.message.list',
  'bus answer to rpc.chat.inbox.list',
  'bus answer to rpc.chat.inbox.entries',
  'bus answer to rpc.chat.channel.entries',
  'bus evt.message.created.account',
  'bus evt.message.created.channel',
];

describe('after an encrypted exchange, with every log, span, bus message, table and key at hand', () => {
  let stack: WatchedStack;
  let exchanged: Awaited<ReturnType<typeof exchange>>;
  let open: Awaited<ReturnType<typeof inTheOpen>>;
  let failed: Awaited<ReturnType<typeof failInside>>;
  let kept: readonly Kept[] = [];

  /** Where it is, in whatever form. */
  const placesOf = (text: string): readonly string[] => {
    const forms = formsOf(text);
    const found = kept.filter((each) => forms.some((form) => each.text.includes(form)));
    return [...new Set(found.map(({ where }) => where))].sort();
  };

  beforeAll(async () => {
    stack = await startWatchedStack();
    exchanged = await exchange(stack.url);
    open = await inTheOpen(stack.url);
    failed = await failInside(stack);
    kept = await stack.everything();
  });
  afterAll(async () => stack?.[Symbol.asyncDispose]());

  const onlyIn = (text: string, allowed: readonly string[]): void => {
    const places = placesOf(text);
    expect(places.filter((place) => !allowed.includes(place))).toEqual([]);
    // It did go there, so whoever looks for it would find it elsewhere too.
    expect(places.length).toBeGreaterThan(0);
  };
  const count = (pattern: RegExp, text = ''): number =>
    kept.filter((each) => pattern.test(each.where) && each.text.includes(text)).length;

  test('what was said is nowhere; its ciphertext is in the table and on the bus alone', () => {
    expect(placesOf(exchanged.marker)).toEqual([]);
    for (const ciphertext of [exchanged.forBob, exchanged.forAda]) onlyIn(ciphertext, inStoreAndOnBus);
    expect(placesOf(exchanged.forBob)).toEqual(
      expect.arrayContaining(['table chat.entries', 'bus evt.message.created.account']),
    );
  });

  test('a room’s words are where the server needs them, in no log, span, metric or key', () => {
    onlyIn(open.said, inStoreAndOnBus);
    expect(placesOf(open.said)).toEqual(
      expect.arrayContaining(['table chat.entries', 'bus evt.message.created.channel']),
    );
    onlyIn(failed.said, ['bus rpc.chat.message.send']);
  });

  test('a password crosses the bus to auth, where it is registered or tried, and is nowhere else', () => {
    const toAuth = ['bus rpc.auth.account.register', 'bus rpc.auth.token.signIn'];
    onlyIn(exchanged.ada.password, toAuth);
    onlyIn(exchanged.wrong.password, toAuth);
    onlyIn(failed.password, toAuth);
  });

  test('tokens cross the bus in auth’s answers, and to auth to be exchanged, and are nowhere else', () => {
    const given = ['bus answer to rpc.auth.token.signIn', 'bus answer to rpc.auth.token.refresh'];
    for (const { access_token, refresh_token } of [exchanged.ada.first, exchanged.second, exchanged.bob.first]) {
      onlyIn(access_token, given);
      onlyIn(access_token.split('.')[2] ?? '', given);
      onlyIn(refresh_token, [...given, 'bus rpc.auth.token.refresh']);
    }
    onlyIn(exchanged.wrong.token, ['bus rpc.auth.token.refresh']);
    onlyIn(open.ticket, ['bus answer to rpc.auth.ticket.issue', 'bus rpc.auth.ticket.redeem']);
    const named = kept.filter(({ where, text }) => !where.startsWith('bus') && /(token|ticket)=/i.test(text));
    expect(named).toEqual([]);
  });

  test('who looks sees: every place has something of the exchange in it', () => {
    expect(count(/^table auth\.accounts$/, exchanged.ada.username)).toBe(1);
    expect(count(/^log of gateway-1$/, '"route":"/chat/all_messages"')).toBe(1);
    expect(count(/^span$/, 'socket fluent message.direct')).toBeGreaterThan(0);
    expect(count(/^redis key$/, 'parley:presence:fluent')).toBeGreaterThan(0);
    expect(count(/^redis command$/, exchanged.ada.username)).toBeGreaterThan(0);
    for (const name of ['auth', 'topics', 'chat', 'signaling', 'gateway']) {
      expect(count(new RegExp(`^log of ${name}-1$`), '"level":"debug"'), name).toBeGreaterThan(0);
      expect(count(new RegExp(`^metrics of ${name}-1$`), 'process_cpu'), name).toBe(1);
    }
    for (const name of ['auth', 'topics', 'chat', 'gateway']) {
      expect(count(/^span$/, `"stringValue":"${name}"`), name).toBeGreaterThan(0);
    }
    for (const name of ['auth', 'chat'])
      expect(count(new RegExp(`^log of ${name}-1$`), '"level":"error"')).toBeGreaterThan(0);
  });
});
