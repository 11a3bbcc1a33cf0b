import type { Authorization } from '@parley/contracts';
import { isModerator } from '../domain/message.js';
import { notModerator } from '../domain/refusals.js';
import { type ChangeDeps, changeMessage } from './change-message.js';
import type { Operation } from './operation.js';

export const pinMessage =
  (deps: ChangeDeps): Operation<'message', 'pin'> =>
  (input, context) =>
    changeMessage(deps, input, context, 'write', (authorization) => {
      refuseAllButPinners(authorization);
      return { kind: 'message.pinned' };
    });

export const unpinMessage =
  (deps: ChangeDeps): Operation<'message', 'unpin'> =>
  (input, context) =>
    changeMessage(deps, input, context, 'write', (authorization) => {
      refuseAllButPinners(authorization);
      return { kind: 'message.unpinned' };
    });

const refuseAllButPinners = (authorization: Authorization): void => {
  if (authorization.channel.kind !== 'direct' && !isModerator(authorization)) throw notModerator();
};
