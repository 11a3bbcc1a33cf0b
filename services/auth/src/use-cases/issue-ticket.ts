import type { Auth, Handlers } from '@parley/contracts';
import { requireLive } from '../callers.js';
import type { AuthDeps } from '../deps.js';
import { hashOpaque, newTicket } from '../tokens/secrets.js';

const ticketLifeMs = 30_000;

export const issueTicket =
  (deps: Pick<AuthDeps, 'sessions' | 'tickets' | 'clock'>): Handlers<Auth>['ticket']['issue'] =>
  async (_input, context) => {
    const { principal } = await requireLive(deps, context);
    const ticket = newTicket();
    const expiresAt = new Date(deps.clock() + ticketLifeMs);
    await deps.tickets.add({ hash: hashOpaque(ticket), principal, expiresAt });
    return { ticket, expiresAt: expiresAt.toISOString() };
  };
