import type { ExecuteDeps, Handler } from '../deps.js';

/** Resolves the recipient, which the dialect names in its own way, and then the content, which depends on the recipient. */
export const sendDirect =
  ({ targets }: Pick<ExecuteDeps, 'targets'>, send: Handler<'message.send'>): Handler<'message.direct'> =>
  async ({ to, clientId, contentFor, raw }, caller) => {
    const directWith = await targets.accountOf(caller, to);
    const content = contentFor(directWith);
    return send(
      { type: 'message.send', target: { directWith }, clientId, content, ...(raw !== undefined && { raw }) },
      caller,
    );
  };
