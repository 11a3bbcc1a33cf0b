import { type AccountId, AccountDeleted, type Realm } from '@parley/contracts';
import type { Bus, BusLog } from './bus.js';

export interface HeldAccount {
  readonly realm: Realm;
  readonly accountId: AccountId;
}

export interface DeletedAccountsOptions {
  readonly bus: Bus;
  /** Of `account.deleted`. */
  readonly subject: string;
  /** The queue group in which replicas share the events. */
  readonly service: string;
  readonly log: BusLog;
  /** Of at most 500 accounts those that auth says are deleted. An account that auth does not know at all is not among them. */
  readonly deletedOf: (realm: Realm, ids: readonly AccountId[]) => Promise<readonly AccountId[]>;
  /** Accounts of which this service keeps something that a deletion removes, by id, after `after`. */
  readonly held: (after: AccountId | undefined, limit: number) => Promise<readonly HeldAccount[]>;
  /** Removes what is kept of an account; again does nothing. */
  readonly forget: (realm: Realm, accountId: AccountId) => Promise<void>;
  /** Milliseconds from one look at all held accounts to the next, give or take a half; 0: never. */
  readonly checkEveryMs: number;
}

export interface DeletedAccounts {
  /** How often something of a deleted account remained. */
  failures(): number;
  /** Looks at all held accounts, as it is done again and again. Never rejects. */
  check(): Promise<void>;
  /** Waits for what is running. */
  stop(): Promise<void>;
}

const pageSize = 500;

/**
 * Forgets accounts that were deleted: at once when an event says so, and by asking about all that are held now and then, because an event
 * can be lost. Neither removes anything unless auth says that the account is deleted.
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
      // Nothing is lost: the next look begins from the first account again.
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
  // Replicas that started together do not ask together.
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
