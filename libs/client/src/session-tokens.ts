import { ParleyError, isParleyError } from './parley-error.js';
import { restRequest } from './rest-request.js';
import type { RestOptions } from './rest-request.js';
import type { Grant, Tokens } from './types.js';

export interface SessionTokensOptions {
  readonly rest: RestOptions;
  readonly tokens: Tokens | null;
  /** Asked when there are no tokens, or when they cannot be refreshed any more. */
  readonly signIn?: () => Promise<Tokens>;
  readonly realm?: string;
  /** Called with new tokens before they are used: the old refresh token is spent. */
  readonly onChange: (tokens: Tokens) => void;
}

/** How long before its end a token is no longer begun with. */
const leadMs = 10_000;

/** The tokens of a session: renewed when they end, by one request at a time however many ask. */
export class SessionTokens {
  #tokens: Tokens | null;
  #renewal: Promise<Tokens> | null = null;
  #refused: string | null = null;

  constructor(private readonly options: SessionTokensOptions) {
    this.#tokens = options.tokens;
  }

  get current(): Tokens | null {
    return this.#tokens;
  }

  /** Tokens from elsewhere: a sign-in, or the storage. */
  replace(tokens: Tokens): void {
    this.#tokens = tokens;
    this.#refused = null;
    this.options.onChange(tokens);
  }

  /** An access token that is still good as far as we know. */
  async access(): Promise<string> {
    const tokens = this.#tokens;
    if (tokens && !this.#isSpent(tokens)) return tokens.accessToken;
    return (await this.renew()).accessToken;
  }

  /** The server did not take this access token: it is not given out again. */
  refuse(accessToken: string): void {
    this.#refused = accessToken;
  }

  /** New tokens, by refresh or else by signing in. Rejects with `unauthenticated` when neither works. */
  renew(): Promise<Tokens> {
    this.#renewal ??= this.#renewOnce().finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  async #renewOnce(): Promise<Tokens> {
    const tokens = (await this.#refresh()) ?? (await this.options.signIn?.());
    if (!tokens) throw new ParleyError('unauthenticated', 'signed_out', 'The session has ended: sign in again');
    this.replace(tokens);
    return tokens;
  }

  async #refresh(): Promise<Tokens | null> {
    const refreshToken = this.#tokens?.refreshToken;
    if (refreshToken === undefined) return null;
    const { rest, realm } = this.options;
    try {
      return await restRequest<Grant>(rest, {
        method: 'POST',
        path: '/v1/sessions/refresh',
        body: { refreshToken, ...(realm !== undefined && { realm }) },
      });
    } catch (error) {
      if (isParleyError(error) && error.code === 'unauthenticated') return null;
      throw error;
    }
  }

  #isSpent({ accessToken, accessTokenExpiresAt }: Tokens): boolean {
    if (accessToken === this.#refused) return true;
    return accessTokenExpiresAt !== undefined && Date.parse(accessTokenExpiresAt) - leadMs < Date.now();
  }
}
