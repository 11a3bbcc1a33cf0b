import { type AccountId, AccountDeleted, type Realm } from '@parley/contracts';
import type { Bus, BusLog } from './bus.js';

export interface HeldAccount {
  readonly realm: Realm;
  readonly accountId: AccountId;
}

export interface DeletedAccountsOptions {
  readonly bus: Bus;
  /** The subject of `account.deleted`. */
  readonly subject: string;
  /** The queue group in which replicas share the events. */
  readonly service: string;
  readonly log: BusLog;
  /** Of at most 500 accounts, those that auth reports as deleted. An account that auth never knew is not among them. */
  readonly deletedOf: (realm: Realm, ids: readonly AccountId[]) => Promise<readonly AccountId[]>;
  /** Accounts for which this service stores data that a deletion removes, by id, after `after`. */
  readonly held: (after: AccountId | undefined, limit: number) => Promise<readonly HeldAccount[]>;
  /** Removes an account's data; idempotent. */
  readonly forget: (realm: Realm, accountId: AccountId) => Promise<void>;
  /** Milliseconds between two checks of all stored accounts, ± 50 % jitter; 0: never. */
  readonly checkEveryMs: number;
}

export interface DeletedAccounts {
  /** How often data of a deleted account could not be removed. */
  failures(): number;
  /** Checks all stored accounts once, as the timer does. Never rejects. */
  check(): Promise<void>;
  /** Waits for work in flight. */
  stop(): Promise<void>;
}

const pageSize = 500;

/**
 * Removes the data of deleted accounts: at once after an event, and by a periodic check of all stored accounts, because an event can be
 * lost. Both remove data only after auth has confirmed that the account is deleted.
 */
export const forgetDeletedAccounts = async (options: DeletedAccountsOptions): Promise<DeletedAccounts> => {
  const { log, deletedOf, held, checkEveryMs } = options;
  let failures = 0;
  let isStopped = false;
  const running = new Set<Promise<void>>();
  const track = (run: Promise<void>): Promise<void> => {
    running.add(run);
    return run.finally(() => running.delete(run));
  };

  const failed = (error: unknown, { realm, accountId }: HeldAccount): void => {
    failures += 1;
    log.error({ err: error, realm, accountId }, 'Something of a deleted account remains');
  };
  const onEvent = async (account: HeldAccount): Promise<void> => {
    const { realm, accountId } = account;
    try {
      if ((await deletedOf(realm, [accountId])).includes(accountId)) return await options.forget(realm, accountId);
      log.error({ realm, accountId }, 'An account that exists was reported as deleted; nothing was removed');
    } catch (error) {
      failed(error, account);
    }
  };

  const checkPage = async (page: readonly HeldAccount[]): Promise<void> => {
    for (const [realm, ids] of byRealm(page)) {
      for (const accountId of await deletedOf(realm, ids)) {
        log.warn({ realm, accountId }, 'An account was deleted and its event did not arrive here');
        await options.forget(realm, accountId).catch((error: unknown) => failed(error, { realm, accountId }));
      }
    }
  };
  const check = async (): Promise<void> => {
    try {
      let page: readonly HeldAccount[] = [];
      do {
        page = await held(page.at(-1)?.accountId, pageSize);
        await checkPage(page);
      } while (page.length === pageSize && !isStopped);
    } catch (error) {
      // Nothing is lost: the next check starts again from the first account.
      log.warn({ err: error }, 'Auth could not be asked about deleted accounts; it is asked again later');
    }
  };

  const listening = await options.bus.listen(
    options.subject,
    AccountDeleted,
    ({ realm, accountId }) => void track(onEvent({ realm, accountId })),
    { queue: options.service },
  );
  let timer: NodeJS.Timeout | undefined;
  // Jitter: replicas that started together do not check together.
  const schedule = (): void => {
    if (checkEveryMs === 0 || isStopped) return;
    timer = setTimeout(() => void track(check()).then(schedule), checkEveryMs * (0.5 + Math.random())).unref();
  };
  schedule();

  return {
    failures: () => failures,
    check: () => track(check()),
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      listening.stop();
      await Promise.all(running);
    },
  };
};

const byRealm = (accounts: readonly HeldAccount[]): Map<Realm, AccountId[]> => {
  const realms = new Map<Realm, AccountId[]>();
  for (const { realm, accountId } of accounts) realms.set(realm, [...(realms.get(realm) ?? []), accountId]);
  return realms;
};
