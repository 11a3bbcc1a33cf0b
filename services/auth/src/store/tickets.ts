import type { AccountPrincipal, DialectName, Realm } from '@parley/contracts';

export interface RedeemedTicket {
  readonly principal: AccountPrincipal;
  /** When the newest access token of the session expires. */
  readonly accessExpiresAt: Date;
}

export interface Tickets {
  add(ticket: { readonly hash: Buffer; readonly principal: AccountPrincipal; readonly expiresAt: Date }): Promise<void>;
  /** Consumes the ticket; null when it is unknown, used, expired, of another realm or dialect, or of a session that has ended. */
  redeem(ticket: {
    readonly hash: Buffer;
    readonly realm: Realm;
    readonly dialect: DialectName;
    readonly now: Date;
  }): Promise<RedeemedTicket | null>;
}
