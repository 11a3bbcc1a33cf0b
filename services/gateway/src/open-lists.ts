import { isLoopbackHost } from '@parley/runtime';
import type { GatewayConfig } from './config.js';

/**
 * The warning for a gateway that other hosts can reach and whose swifty lists need no token; null if it does not apply. The lists stay open
 * by default, because clients of the old server request them without a token.
 */
export const openListsWarning = ({ host, swifty }: Pick<GatewayConfig, 'host' | 'swifty'>): string | null =>
  swifty.tokensRequired || isLoopbackHost(host)
    ? null
    : "Anybody who reaches this server sees swifty's /clients and /topics without a token; PARLEY_SWIFTY_TOKENS_REQUIRED=true asks for one";
