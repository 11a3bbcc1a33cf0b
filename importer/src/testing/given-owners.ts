import { AuthConfig, migrations as authMigrations, startAuth } from '@parley/auth';
import { inProcessBus } from '@parley/bus';
import { ChatConfig, migrations as chatMigrations, startChat } from '@parley/chat';
import { connectDatabase } from '@parley/postgres';
import { createLog } from '@parley/runtime';
import { SignalingConfig, migrations as signalingMigrations, startSignaling } from '@parley/signaling';
import { freshDatabases } from '@parley/testing';
import { TopicsConfig, migrations as topicsMigrations, startTopics } from '@parley/topics';
import { type Owners, type Target, ownersOver } from '../target/target.js';

export interface GivenOwners extends AsyncDisposable {
  readonly owners: Owners;
  openTarget(): Promise<Target>;
}

/** The four services that own data, on one fresh database and the in-process bus. */
export const givenOwners = async (): Promise<GivenOwners> => {
  const log = createLog({ service: 'importer', level: 'silent' });
  const database = await freshDatabases([
    { schema: 'auth', migrations: authMigrations },
    { schema: 'topics', migrations: topicsMigrations },
    { schema: 'chat', migrations: chatMigrations },
    { schema: 'signaling', migrations: signalingMigrations },
  ]);
  const bus = inProcessBus({ log });
  const undo: (() => Promise<void>)[] = [];
  const deps = (schema: string) => {
    const own = connectDatabase({ url: database.url, schema, poolMax: 4, log });
    undo.push(() => own.close());
    return { bus, log, database: own };
  };
  const secret = 'a secret of which only these tests know';
  const services = [
    await startAuth(AuthConfig.parse({ PARLEY_SECRET: secret }), deps('auth')),
    await startTopics(TopicsConfig.parse({}), deps('topics')),
    await startChat(ChatConfig.parse({}), deps('chat')),
    await startSignaling(SignalingConfig.parse({}), deps('signaling')),
  ];
  const owners = ownersOver(bus);
  return {
    owners,
    openTarget: async () => ({ name: 'a test', owners, [Symbol.asyncDispose]: async () => undefined }),
    [Symbol.asyncDispose]: async () => {
      for (const service of services) await service.stop();
      for (const end of undo) await end();
      await bus.drain();
      await database[Symbol.asyncDispose]();
    },
  };
};
