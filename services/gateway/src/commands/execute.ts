import type { CommandOf, ExecutedType, ResultOf } from '../protocol/command.js';
import type { Caller } from './caller.js';
import { attachChannel } from './channels/attach-channel.js';
import { detachChannel } from './channels/detach-channel.js';
import type { ExecuteDeps, Handler } from './deps.js';
import { recordReceipt } from './messages/record-receipt.js';
import { sendDirect } from './messages/send-direct.js';
import { sendMessage } from './messages/send-message.js';
import { startTyping } from './messages/start-typing.js';
import { registerPeer } from './peers/register-peer.js';
import { authenticateSession } from './sessions/authenticate-session.js';
import { renewToken } from './sessions/renew-token.js';
import { resumeSession } from './sessions/resume-session.js';

export type ExecutedCommand = CommandOf<ExecutedType>;

/** Runs a command of a frame or of a REST body. Throws a Fault that the dialect encodes. */
export type Execute = <T extends ExecutedType>(
  command: CommandOf<T> & { readonly type: T },
  caller: Caller,
) => Promise<ResultOf<T>>;

type Handlers = { readonly [T in ExecutedType]: Handler<T> };

/** The one way from a client to the services: each type of command has its handler in a file of its own. */
export const createExecute = (deps: ExecuteDeps): Execute => {
  const send = sendMessage(deps);
  const handlers: Handlers = {
    'message.send': send,
    'message.direct': sendDirect(deps, send),
    'typing.start': startTyping(deps),
    'receipt.record': recordReceipt(deps),
    'channel.attach': attachChannel(deps),
    'channel.detach': detachChannel(deps),
    'session.resume': resumeSession(deps),
    'session.authenticate': authenticateSession,
    'token.renew': renewToken(deps),
    'peer.register': registerPeer(deps),
  };
  const run = <T extends ExecutedType>(type: T, command: CommandOf<T>, caller: Caller): Promise<ResultOf<T>> =>
    handlers[type](command, caller);
  return (command, caller) => run(command.type, command, caller);
};
