// Whoever guesses somebody's password keeps nobody out but the network that guesses.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { conversationsUser } from '../clients/conversations.js';
import { fluentUser } from '../clients/fluent.js';
import { meshUser } from '../clients/mesh.js';
import { ask } from '../clients/http.js';
import { roomsUser } from '../clients/rooms.js';
import { startWith } from './platform.js';
import type { Settled } from './platform.js';

let parley: Settled;
beforeAll(async () => {
  parley = await startWith({ PARLEY_TRUSTED_PROXIES: '127.0.0.0/8' });
});
afterAll(() => parley.stop());

test('C16: after ten wrong passwords from one network the right one signs in from another, on every old wire', async () => {
  const { url } = parley;
  const [roomer, ada, writer, agent] = await Promise.all([
    roomsUser(url),
    fluentUser(url),
    conversationsUser(url),
    meshUser(url),
  ]);
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const post = (path: string, from: string, body: unknown, more: Record<string, string> = {}) =>
    ask('POST', url + path, { body, headers: { 'x-forwarded-for': from, ...more } });
  const ways = {
    rooms: [
      'password123',
      (password: string, from: string) => post('/api/auth/login', from, { username: roomer.username, password }),
    ],
    fluent: [
      ada.password,
      (password: string, from: string) => post('/auth/login', from, { username: ada.username, password }),
    ],
    conversations: [
      writer.password,
      (password: string, from: string) =>
        post('/auth/token', from, new URLSearchParams({ username: writer.username, password }).toString(), form),
    ],
    mesh: [agent.password, (password: string, from: string) => post('/login', from, { email: agent.email, password })],
  } as const;
  for (const [wire, [right, signIn]] of Object.entries(ways)) {
    const [guesser, owner] = [`2001:db8:${wire.length}::1`, `2001:db8:ffff:${wire.length}::1`];
    const guessed: number[] = [];
    for (let n = 0; n < 10; n += 1) guessed.push((await signIn('wrong', guesser)).status);
    expect([wire, ...guessed]).toEqual([wire, ...Array<number>(10).fill(401)]);
    expect([wire, (await signIn(right, owner)).status]).toEqual([wire, 200]);
    expect([wire, (await signIn(right, guesser)).status]).toEqual([wire, 429]);
  }
});
