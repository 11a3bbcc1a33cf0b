import { isLoopbackHost } from '@parley/runtime';
import type { GatewayConfig } from './config.js';

/**
 * What an operator should know of a gateway that others can reach, where lists of the swifty wire are shown to whoever asks; null where there is
 * nothing to say. They stay open by default, because clients of the old server ask without a token.
 */
export const openListsWarning = ({ host, swifty }: Pick<GatewayConfig, 'host' | 'swifty'>): string | null =>
  swifty.tokensRequired || isLoopbackHost(host)
    ? null
    : "Anybody who reaches this server sees swifty's /clients and /topics without a token; PARLEY_SWIFTY_TOKENS_REQUIRED=true asks for one";
