// The SDK of libs/client: two people in a room, and a word between the two.
// node examples/dist/v1/client.js [url]
import { ParleyClient, signUp } from '@parley/client';
import { allSeen, saw, toSee, unique, url } from '../run.js';

toSee('Bob received the message in the room', 'Bob received the direct message', 'Ada knows that hers is kept');

const enter = async (word: string) => {
  const grant = await signUp({ url, username: unique(word), password: 'correct horse' });
  return { account: grant.account, client: new ParleyClient({ url, tokens: grant }) };
};
const ada = await enter('ada');
const bob = await enter('bob');

// Each message comes once and in order, whatever happens to the connection.
bob.client.onMessage(({ message, inboxSequence }) => {
  const where = inboxSequence === undefined ? 'the room' : 'private';
  const text = message.content.type === 'text' ? message.content.text : '(encrypted)';
  console.log(`${message.sender.name} in ${where}, number ${message.sequence}: ${text}`);
  saw(inboxSequence === undefined ? 'Bob received the message in the room' : 'Bob received the direct message');
});

await ada.client.connect();
await bob.client.connect();
const room = await ada.client.rest.createChannel({ kind: 'room', title: 'General' });
await bob.client.attach(room.id);

// Resolves when the message is committed; until then it is repeated under one client id.
const { sequence } = await ada.client.send(room.id, 'hello');
const { messages } = await ada.client.rest.history(room.id);
if (messages.at(-1)?.sequence === sequence) saw('Ada knows that hers is kept');
await ada.client.send({ directWith: bob.account.id }, 'just between us');

await allSeen();
await ada.client.close();
await bob.client.close();
