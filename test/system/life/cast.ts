// The accounts, channels and clients of the proof.
import type { LiveChannel, ParleyClient } from '@parley/client';
import { at } from '../proof/random.js';
import { type Account, look, memoryStorage, newAccount, openPerson, type Person, record, urlsFor } from './people.js';
import type { Wire } from './wire.js';

export const actingCount = 30;
export const awayCount = 10;
export const moderatorsCount = 5;
const groupsCount = 4;

/** A client that was connected, attached every channel, and left with what it had stored. */
export interface Away {
  readonly account: Account;
  readonly storage: ReturnType<typeof memoryStorage>;
  /** The direct channels of the account. */
  readonly directs: string[];
}

export interface Cast {
  readonly acting: readonly Person[];
  readonly away: readonly Away[];
  /** Groups and the room. */
  readonly places: ReadonlySet<string>;
}

const createPlaces = async ({ rest }: ParleyClient, others: readonly Account[]): Promise<string[]> => {
  const places: string[] = [];
  for (let n = 0; n <= groupsCount; n += 1) {
    const memberIds = others.map(({ id }) => id);
    const kind = n < groupsCount ? { kind: 'group' as const, memberIds } : { kind: 'room' as const };
    const { id } = await rest.createChannel({ ...kind, title: `Channel ${n}` });
    for (const { id: moderator } of others.slice(0, moderatorsCount - 1)) await rest.putMember(id, moderator, 'admin');
    places.push(id);
  }
  return places;
};

/** Each acting account writes with the next one and with one of those who are away. */
const openDirects = async (acting: readonly Person[], away: readonly Away[]): Promise<void> => {
  for (const [index, person] of acting.entries()) {
    const next = at(acting, index + 1);
    const absent = at(away, index);
    const { id } = await person.client.rest.openDirect(next.id);
    look(person, id);
    look(next, id);
    const other = await person.client.rest.openDirect(absent.account.id);
    look(person, other.id);
    absent.directs.push(other.id);
  }
};

/** Attaches every channel and leaves. */
const goAway = async (
  account: Account,
  places: ReadonlySet<string>,
  url: readonly string[],
  wire: Wire,
): Promise<Away> => {
  const storage = memoryStorage();
  const person = await openPerson(account, { url, wire, storage, places });
  for (const id of places) await person.client.attach(id, { after: 0 });
  await person.client.close();
  return { account, storage, directs: [] };
};

const isReady = ({ messages, status }: LiveChannel): boolean => messages.isLive && status.value.name === 'live';

/** Every third of those who act attaches the channels too, from their first entry on; the others only look at them. */
export const openCast = async (urls: readonly string[], wire: Wire): Promise<Cast> => {
  const accounts: Account[] = [];
  for (let index = 0; index < actingCount + awayCount; index += 1)
    accounts.push(await newAccount(at(urls, index), index));
  const places = new Set<string>();
  const acting: Person[] = [];
  for (const [index, account] of accounts.slice(0, actingCount).entries())
    acting.push(await openPerson(account, { url: urlsFor(urls, index), wire, places }));
  for (const id of await createPlaces(at(acting, 0).client, accounts.slice(1))) places.add(id);
  for (const [index, person] of acting.entries()) {
    for (const id of places) {
      if (index % 3 === 0) {
        record(person, id);
        await person.client.attach(id, { after: 0 });
      }
      look(person, id);
    }
  }
  const away: Away[] = [];
  for (const account of accounts.slice(actingCount)) away.push(await goAway(account, places, urls, wire));
  await openDirects(acting, away);
  await until(() => acting.every(({ channels }) => [...channels.values()].every(isReady)));
  return { acting, away, places };
};

/** Comes back with what it had stored, on these gateways, and looks at everything. */
export const comeBack = async (
  { account, storage, directs }: Away,
  places: ReadonlySet<string>,
  url: readonly string[],
  wire: Wire,
): Promise<Person> => {
  const person = await openPerson(account, { url, wire, storage, places });
  for (const id of places) {
    record(person, id);
    await person.client.attach(id);
  }
  for (const id of [...places, ...directs]) look(person, id);
  return person;
};

/** A client with nothing but the account: it loads what it looks at. */
export const reload = async (
  { name, id, grant, channels }: Person,
  places: ReadonlySet<string>,
  url: readonly string[],
  wire: Wire,
): Promise<Person> => {
  const person = await openPerson({ name: `${name} reloaded`, id, grant }, { url, wire, places });
  for (const channelId of channels.keys()) look(person, channelId);
  return person;
};

/** Loads every earlier message of every channel. */
export const loadAll = async ({ channels }: Person): Promise<void> => {
  for (const { messages } of channels.values()) {
    await until(() => !messages.isLoading && messages.isLive);
    while (messages.hasBefore) await messages.loadBefore(200);
  }
};

const until = async (holds: () => boolean, withinMs = 60_000): Promise<void> => {
  for (const end = performance.now() + withinMs; !holds(); await new Promise((done) => setTimeout(done, 25)))
    if (performance.now() > end) throw new Error(`A channel is not live within ${withinMs / 1_000} s`);
};
