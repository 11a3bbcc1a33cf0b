import { type Auth, Fault, type Handlers } from '@parley/contracts';
import { dialectOf } from '../callers.js';
import type { AuthDeps } from '../deps.js';
import { hashOpaque } from '../tokens/secrets.js';

/** One statement deletes the ticket and reads it, so that of two concurrent requests only one succeeds. */
export const redeemTicket =
  ({ tickets, clock }: Pick<AuthDeps, 'tickets' | 'clock'>): Handlers<Auth>['ticket']['redeem'] =>
  async ({ ticket }, context) => {
    const dialect = dialectOf(context);
    const { realm } = context.principal;
    const redeemed = await tickets.redeem({ hash: hashOpaque(ticket), realm, dialect, now: new Date(clock()) });
    if (!redeemed) throw new Fault('unauthenticated', 'ticket_invalid', 'This ticket opens nothing, or has already');
    return { principal: redeemed.principal, expiresAt: redeemed.accessExpiresAt.toISOString() };
  };
