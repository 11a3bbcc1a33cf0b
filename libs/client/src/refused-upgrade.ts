import { errorOfAnswer, parseAnswer, retryAfterMs } from './answer.js';
import type { ParleyError } from './parley-error.js';

/** The HTTP response to a refused handshake, as `ws` exposes it. Browsers do not expose it. */
export interface UpgradeAnswer extends AsyncIterable<unknown> {
  readonly statusCode?: number | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

const bodyMax = 64 * 1024;

/** Why a handshake was refused, with the `Retry-After` of the response. */
export const refusalOfUpgrade = async (answer: UpgradeAnswer): Promise<ParleyError> => {
  const header = (name: string): string | undefined => answer.headers[name]?.toString();
  const body = parseAnswer(await textOf(answer));
  return errorOfAnswer(body, answer.statusCode ?? 0, retryAfterMs(header));
};

const textOf = async (answer: UpgradeAnswer): Promise<string> => {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of answer) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      if (text.length > bodyMax) break;
    }
  } catch {
    // Truncated: the status and the headers are still valid.
  }
  return text;
};
