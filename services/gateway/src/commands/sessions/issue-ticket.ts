import type { ExecuteDeps, Handler } from '../deps.js';

export const issueTicket =
  ({ core }: Pick<ExecuteDeps, 'core'>): Handler<'ticket.issue'> =>
  async ({ type }, { principal }) => {
    const issued = await core.auth.ticket.issue({}, { principal });
    return { type, ...issued };
  };
