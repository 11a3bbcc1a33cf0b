import type { AccountPreferences } from '../../authentication/account-preferences.js';
import type { Core } from '../../core.js';
import { visibilityOf } from '../../presence/visibility.js';

/** The same services; positions that an account records, over any dialect, are shared if its preferences say so. */
export const shareReceipts = (core: Core, preferences: Pick<AccountPreferences, 'of'>): Core => ({
  ...core,
  chat: {
    ...core.chat,
    receipt: {
      ...core.chat.receipt,
      record(input, options) {
        const { principal } = options;
        if (principal.kind !== 'account') return core.chat.receipt.record(input, options);
        const shared = visibilityOf(preferences.of(principal)).receipts;
        return core.chat.receipt.record({ shared, ...input }, options);
      },
    },
  },
});
