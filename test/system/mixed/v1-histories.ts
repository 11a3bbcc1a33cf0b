import type { InboxPage, MessagePage } from '@parley/client';
import { done } from '../../clients/http.js';
import { at } from '../proof/random.js';
import type { Client, Place } from './wires.js';

type V1Message = MessagePage['messages'][number];

const page = <Page>({ url, token }: Client, path: string, after: number): Promise<Page> =>
  done('GET', `${url}/v1${path}?after=${after}&limit=200`, { token });

const textOf = ({ content }: V1Message): string => (content.type === 'text' ? content.text : '');

const roomTexts = async (client: Client, channelId: string): Promise<string[]> => {
  const messages: V1Message[] = [];
  for (let more = true; more;) {
    const after = messages.at(-1)?.sequence ?? 0;
    const next = await page<MessagePage>(client, `/channels/${channelId}/messages`, after);
    messages.push(...next.messages);
    more = next.more;
  }
  return messages.map(textOf);
};

/** What a client sent to others. Each of these messages is in two inboxes; that of the sender is read. */
const sentDirects = async (client: Client): Promise<string[]> => {
  const entries: InboxPage['entries'][number][] = [];
  for (let more = true; more;) {
    const next = await page<InboxPage>(client, '/inbox', entries.at(-1)?.sequence ?? 0);
    entries.push(...next.entries);
    more = next.more;
  }
  return entries.flatMap(({ message }) => (message.sender.id === client.id ? [textOf(message)] : []));
};

/** The room, and all direct messages together: `inboxes` is no stream in which order is compared. */
export const v1Histories = async (
  clients: readonly Client[],
  { id }: Place,
): Promise<ReadonlyMap<string, readonly string[]>> => {
  const inboxes: string[] = [];
  for (const client of clients) inboxes.push(...(await sentDirects(client)));
  return new Map([
    ['room', await roomTexts(at(clients, 0), id)],
    ['inboxes', inboxes],
  ]);
};
