import { errorOfAnswer, parseAnswer, retryAfterMs } from './answer.js';
import type { ParleyError } from './parley-error.js';

/** The answer to a handshake that was not taken, as Node's `ws` shows it. Browsers show nothing of it. */
export interface UpgradeAnswer extends AsyncIterable<unknown> {
  readonly statusCode?: number | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

const bodyMax = 64 * 1024;

/** Why a handshake was refused, with the time after which it may be tried again. */
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
    // Cut off: the status and the headers are there all the same.
  }
  return text;
};
