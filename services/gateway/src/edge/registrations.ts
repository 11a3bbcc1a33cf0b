import { AsyncLocalStorage } from 'node:async_hooks';
import type { Core } from '../core.js';
import type { Throttle } from './throttle.js';

const addressOf = new AsyncLocalStorage<string>();

/** Work on behalf of a client at this address. */
export const fromAddress = <T>(address: string, work: () => Promise<T>): Promise<T> => addressOf.run(address, work);

/** The core, with accounts made only as fast as an address may: here for all wires, so that none can forget it. */
export const limitRegistrations = (core: Core, throttle: Throttle): Core => ({
  ...core,
  auth: {
    ...core.auth,
    account: {
      ...core.auth.account,
      async register(input, options) {
        const address = addressOf.getStore();
        if (address !== undefined) await throttle.admitRegistration(address);
        return core.auth.account.register(input, options);
      },
    },
  },
});
