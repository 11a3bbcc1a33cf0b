import { inProcessBus } from '@parley/bus';
import { createLog } from '@parley/runtime';
import { freshServiceDatabase, startOwners } from '@parley/testing';
import { type Owners, type Target, ownersOver } from '../target/target.js';

export interface GivenOwners extends AsyncDisposable {
  readonly owners: Owners;
  openTarget(): Promise<Target>;
}

/** The four services that own data, on one fresh database and the in-process bus. */
export const givenOwners = async (): Promise<GivenOwners> => {
  const log = createLog({ service: 'importer', level: 'silent' });
  const database = await freshServiceDatabase();
  const bus = inProcessBus({ log });
  const services = await startOwners({ databaseUrl: database.url, busOf: () => bus, log });
  const owners = ownersOver(bus);
  return {
    owners,
    openTarget: async () => ({ name: 'a test', owners, [Symbol.asyncDispose]: async () => undefined }),
    [Symbol.asyncDispose]: async () => {
      await services[Symbol.asyncDispose]();
      await bus.drain();
      await database[Symbol.asyncDispose]();
    },
  };
};
