import type { Account } from '@parley/contracts';
import type { CommandOf } from '../../protocol/command.js';
import { systemOf } from '../../protocol/scopes.js';
import type { CallerOf } from '../caller.js';
import type { ExecuteDeps, Handler } from '../deps.js';

type Deps = Pick<ExecuteDeps, 'core'>;

export const registerDevice =
  (deps: Deps): Handler<'device.register'> =>
  async (command, caller) => {
    const { id: accountId } = (await renamedEarlier(deps, command, caller)) ?? (await newDevice(deps, command, caller));
    const { realm, dialect } = caller.principal;
    const grant = await deps.core.auth.token.issue({ accountId, dialect }, { principal: systemOf(realm) });
    return { type: command.type, grant };
  };

type Register = CommandOf<'device.register'>;
type DeviceCaller = CallerOf<'device.register'>;

/** The account of the earlier token, under the name that the device has now; null without one, or when that account is gone. */
const renamedEarlier = async (
  { core: { auth } }: Deps,
  { earlier, name }: Register,
  { principal }: DeviceCaller,
): Promise<Account | null> => {
  if (earlier === null) return null;
  const system = { principal: systemOf(principal.realm) };
  const found = await auth.account.find({ reference: { id: earlier } }, system);
  if (!found || found.name === name) return found;
  return auth.account.rename({ accountId: found.id, name }, system);
};

const newDevice = (
  { core }: Deps,
  { handle, name, sharesHandle }: Register,
  { principal }: DeviceCaller,
): Promise<Account> => core.auth.account.register({ kind: 'device', handle, name, sharesHandle }, { principal });
