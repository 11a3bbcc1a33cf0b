// The profile `backup`: what clients find when everything was deleted and restored by the documented commands.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sent } from '@parley/client';
import { signUpV1, v1Socket } from '../../clients/v1.js';
import { attachAll, type Entry, type RecordingClient } from '../delivery/recording-client.js';
import { afterwards } from '../proof/cleanup.js';
import { check, checkNone, figure } from '../proof/figures.js';
import { at } from '../proof/random.js';
import { docker, inspectContainers } from './engine.js';
import { documentedBackup, runDocumented } from './documented.js';
import { type Project, until } from './project.js';

const messages = 60;

interface Attached {
  readonly result?: { readonly outcome: string; readonly head: number };
}

/** Sends to a channel, by each user in turn; resolves when all are acknowledged. */
const sendTo = (users: readonly RecordingClient[], channelId: string, count: number, word: string): Promise<Sent[]> =>
  Promise.all(
    Array.from({ length: count }, (_, n) =>
      at(users, n).client.send({ channelId }, `${word} ${n}`, { deadlineMs: 60_000 }),
    ),
  );

/** What a client without the SDK is answered that resumes after a sequence. */
const attachAfter = async (url: string, token: string, channelId: string, after: number): Promise<Attached> => {
  const socket = await v1Socket(url, token);
  try {
    socket.send({ jsonrpc: '2.0', id: 1, method: 'channel.attach', params: { channelId, after } });
    return await socket.waitFor(({ id }) => id === 1);
  } finally {
    socket.close();
  }
};

const idsOf = (entries: readonly Entry[]): string[] => entries.map(({ id }) => id);

export const backUpAndRestore = async (stack: Project, users: readonly RecordingClient[]): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-backup-'));
  afterwards(() => rmSync(folder, { recursive: true, force: true }));
  const { backup, restore } = documentedBackup();
  const ada = at(users, 0);
  const { id: channelId } = await ada.client.rest.createChannel({ kind: 'room', title: 'Kept' });
  for (const user of users) await attachAll(user, [channelId]);
  const { token } = await signUpV1(stack.url, 'without-the-sdk');
  const kept = await sendTo(users, channelId, messages, 'before');
  await runDocumented(backup, stack, folder);
  figure('a dump', statSync(join(folder, 'parley.dump')).size / 1024, 'KB');
  const lost = await sendTo(users, channelId, messages, 'after the dump');
  const last = Math.max(...lost.map(({ sequence }) => sequence));
  const received = (user: RecordingClient): readonly Entry[] => user.received.channels.get(channelId) ?? [];
  const all = [...kept, ...lost].map(({ id }) => id);
  check(
    'all was received',
    await until(async () => users.every((user) => received(user).length === all.length), 60_000),
  );

  check('everything is deleted, secrets and data', await stack.down());
  const began = performance.now();
  await runDocumented(restore, stack, folder);
  check('every container is healthy again', await stack.allHealthy());
  figure('restored by the documented commands', (performance.now() - began) / 1000, 's');

  const answer = await attachAfter(stack.url, token, channelId, last);
  check(
    `who knows a sequence that was given out after the dump gets a reset (head ${answer.result?.head})`,
    answer.result?.outcome === 'reset' && answer.result.head > last + messages,
  );
  const reconnected = () => Promise.resolve(users.every(({ client }) => client.state.name === 'open'));
  check('every client of before is connected again, with the tokens of before', await until(reconnected, 120_000));
  const later = await sendTo(users, channelId, messages, 'after the restore');
  const wanted = [...all, ...later.map(({ id }) => id)];
  await until(async () => users.every((user) => received(user).length >= wanted.length), 60_000);
  checkNone(
    'each received what came before and after exactly once, in order',
    users
      .filter((user) => {
        const sequences = received(user).map(({ sequence }) => sequence);
        const isRising = sequences.every((sequence, n) => n === 0 || sequence > at(sequences, n - 1));
        return (
          !isRising || new Set(idsOf(received(user))).size !== wanted.length || received(user).length !== wanted.length
        );
      })
      .map(({ id }) => id),
  );
  const history = await ada.client.rest.history(channelId, { after: 0, limit: 500 });
  check(
    'history holds all of before the dump, nothing of what came between, and all of later',
    history.messages
      .map(({ id }) => id)
      .sort()
      .join() ===
      [...kept, ...later]
        .map(({ id }) => id)
        .sort()
        .join(),
  );
};

/** The schedule says in its health when a dump fails, and recovers by itself. */
export const failBackup = async (stack: Project): Promise<void> => {
  const [id = ''] = await stack.containers('backup');
  const health = async () => (await inspectContainers([id]))[0]?.State.Health?.Status;
  check(
    'a schedule that made its first dump is healthy',
    await until(async () => (await health()) === 'healthy', 60_000),
  );
  const [postgres = ''] = await stack.containers('postgres');
  await docker(['stop', postgres]);
  // The dump of the first start would be due tomorrow.
  await docker(['exec', id, 'sh', '-c', 'rm /var/lib/parley/backups/parley-*.dump']);
  await docker(['restart', id]);
  check('one whose dump fails is unhealthy', await until(async () => (await health()) === 'unhealthy', 120_000));
  await docker(['start', postgres]);
  check('and is healthy after the next one', await until(async () => (await health()) === 'healthy', 180_000));
  check('the stack is healthy again', await stack.allHealthy());
};
