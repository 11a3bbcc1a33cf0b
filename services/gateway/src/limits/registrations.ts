import { AsyncLocalStorage } from 'node:async_hooks';
import type { Core } from '../core.js';
import { clientNetwork } from './client-network.js';
import type { RequestBudgets } from './request-budgets.js';
import type { Throttle } from './throttle.js';

const addressOf = new AsyncLocalStorage<string>();

/** Runs work on behalf of a client at this address. */
export const fromAddress = <T>(address: string, work: () => Promise<T>): Promise<T> => addressOf.run(address, work);

/** The client's network, by which auth shares its password queue fairly. */
const networkNow = (): { network?: string } => {
  const address = addressOf.getStore();
  return address === undefined ? {} : { network: clientNetwork(address) };
};

/**
 * The core, with accounts and credentials limited per address: here for all dialects, so that none can omit it. A device that registers
 * again gets a token without a new account, so tokens are counted separately.
 */
export const limitRegistrations = (core: Core, throttle: Throttle, budgets: RequestBudgets): Core => ({
  ...core,
  auth: {
    ...core.auth,
    token: {
      ...core.auth.token,
      signIn: (input, options) => core.auth.token.signIn({ ...input, ...networkNow() }, options),
      issue: charged(budgets, core.auth.token.issue),
      refresh: charged(budgets, core.auth.token.refresh),
    },
    ticket: { ...core.auth.ticket, issue: charged(budgets, core.auth.ticket.issue) },
    account: {
      ...core.auth.account,
      async register(input, options) {
        const address = addressOf.getStore();
        if (address !== undefined) await throttle.admitRegistration(address);
        return core.auth.account.register({ ...input, ...networkNow() }, options);
      },
    },
  },
});

const charged =
  <Input, Options, Output>(budgets: RequestBudgets, call: (input: Input, options: Options) => Promise<Output>) =>
  async (input: Input, options: Options): Promise<Output> => {
    const address = addressOf.getStore();
    if (address !== undefined) budgets.chargeCredentials(address);
    return call(input, options);
  };
