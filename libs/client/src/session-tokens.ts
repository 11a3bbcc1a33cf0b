import { ParleyError, isParleyError, unavailable } from './parley-error.js';
import { grantFields, restRequest } from './rest-request.js';
import type { RestOptions } from './rest-request.js';
import { isSuccessor, lifeMsOf } from './token-life.js';
import type { Grant, Tokens } from './types.js';

export interface SessionTokensOptions {
  readonly rest: RestOptions;
  readonly tokens: Tokens | null;
  /** Called when there are no tokens, or when they cannot be refreshed any more. */
  readonly signIn?: (() => Promise<Tokens>) | undefined;
  readonly realm?: string | undefined;
  /** The tokens in the storage, which another tab or process may have written. */
  readonly stored?: () => Promise<Tokens | undefined>;
  /** The key under which clients of the storage exchange this refresh token: each gets the response that was meant for one of them. */
  readonly refreshKey?: (refreshToken: string) => Promise<string>;
  /** Lets only one client of the storage refresh at a time, where the platform has locks. */
  readonly exclusively?: <T>(work: () => Promise<T>) => Promise<T>;
  /** Called with new tokens before they are used, since the old refresh token is spent. `isAdopted`: they came from the storage. */
  readonly onChange: (tokens: Tokens, isAdopted: boolean) => Promise<void> | void;
}

/** How long before its expiry a token is not used for new requests any more; less for short-lived tokens. */
const leadMs = (lifeMs: number): number => Math.min(10_000, lifeMs / 10);

type Origin = 'given' | 'refresh' | 'second_refresh' | 'sign_in';

/** The tokens of a session: renewed when they expire, by one request at a time for all callers. */
export class SessionTokens {
  #tokens: Tokens | null = null;
  #origin: Origin = 'given';
  #goodUntil = Infinity;
  #renewal: Promise<Tokens> | null = null;
  #refused: string | null = null;
  /** Why the server refused the last access or refresh token. */
  #refusal: ParleyError | undefined;

  constructor(private readonly options: SessionTokensOptions) {
    if (options.tokens) this.#take(options.tokens, 'given');
  }

  get current(): Tokens | null {
    return this.#tokens;
  }

  /** Milliseconds until the current token expires, by the monotonic clock; Infinity when the token has no expiry. */
  get leftMs(): number {
    return this.#goodUntil - performance.now();
  }

  /** Sets the tokens that the storage held. */
  restore(tokens: Tokens): void {
    this.#take(tokens, 'given');
  }

  /** An access token that has not expired or been refused yet; renews the tokens when necessary. */
  async access(): Promise<string> {
    const tokens = this.#tokens;
    if (tokens && !this.#isSpent(tokens)) return tokens.accessToken;
    return (await this.renew()).accessToken;
  }

  /** The server refused this access token, with `cause` if known: it is not used again. */
  refuse(accessToken: string, cause?: ParleyError): void {
    this.#refused = accessToken;
    this.#refusal = cause;
  }

  /** The server accepted this access token, so a later refusal is answered with a refresh again. */
  accept(accessToken: string): void {
    if (accessToken === this.#tokens?.accessToken) this.#origin = 'given';
  }

  /** New tokens, by refresh or else by signing in, each tried once. Rejects with `unauthenticated` when neither works. */
  renew(): Promise<Tokens> {
    this.#renewal ??= this.#renewOnce().finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  async #renewOnce(): Promise<Tokens> {
    const isRefused = this.#tokens?.accessToken === this.#refused;
    // The server refused tokens that it has just issued: the next step is another kind of renewal, or none.
    const last = isRefused ? this.#origin : 'given';
    // Unless they expired before they arrived, in a tab or process that was frozen.
    const isLate = last === 'refresh' && this.#refusal?.reason === 'token_expired';
    if (last === 'given' || isLate) {
      const { exclusively = (work) => work() } = this.options;
      const tokens = await exclusively(() => this.#refresh(isLate ? 'second_refresh' : 'refresh'));
      if (tokens) return tokens;
    }
    if (last === 'sign_in' || !this.options.signIn) throw signedOut(this.#refusal);
    return this.#keep(await this.#signIn(this.options.signIn), 'sign_in');
  }

  async #signIn(signIn: () => Promise<Tokens>): Promise<Tokens> {
    const tokens = await signIn().catch((cause: unknown) => {
      if (isParleyError(cause)) throw cause;
      throw new ParleyError('unauthenticated', 'sign_in_failed', 'signIn rejected', { cause });
    });
    if (isTokens(tokens)) return tokens;
    throw new ParleyError('invalid', 'invalid_tokens', 'signIn must resolve with { accessToken, refreshToken? }');
  }

  async #refresh(origin: Origin): Promise<Tokens | null> {
    const adopted = await this.#adopt();
    if (adopted) return adopted;
    const refreshToken = this.#tokens?.refreshToken;
    if (refreshToken === undefined) return null;
    const key = await this.options.refreshKey?.(refreshToken);
    try {
      return await this.#keep(await this.#exchange(refreshToken, key), origin);
    } catch (error) {
      if (!isParleyError(error) || error.code !== 'unauthenticated') throw error;
      this.#refusal = error;
      // Another tab may have refreshed first while this one was frozen between reading the storage and the request.
      return this.#adopt();
    }
  }

  async #exchange(refreshToken: string, idempotencyKey?: string): Promise<Grant> {
    const { rest, realm } = this.options;
    try {
      return await restRequest<Grant>(rest, {
        method: 'POST',
        path: ['v1', 'sessions', 'refresh'],
        answer: grantFields,
        body: { refreshToken, ...(realm !== undefined && { realm }) },
        idempotencyKey,
      });
    } catch (error) {
      if (!isParleyError(error)) throw error;
      // A client with other options made the key.
      if (error.reason === 'idempotency_key_reused' && idempotencyKey) return this.#exchange(refreshToken);
      if (error.reason !== 'request_in_progress') throw error;
      throw unavailable(error.reason, error.message, { retryAfterMs: 1_000, cause: error });
    }
  }

  /** The tokens that another tab or process wrote, if they are newer than these. */
  async #adopt(): Promise<Tokens | null> {
    const stored = await this.options.stored?.();
    if (!stored || stored.accessToken === this.#refused || !isSuccessor(stored, this.#tokens)) return null;
    this.#take(stored, 'given');
    await this.options.onChange(stored, true);
    return stored;
  }

  async #keep(tokens: Tokens, origin: Origin): Promise<Tokens> {
    this.#take(tokens, origin);
    await this.options.onChange(tokens, false);
    return tokens;
  }

  #take(tokens: Tokens, origin: Origin): void {
    // The full lifetime from now. Tokens from the application or the storage may be older; the server then refuses them earlier, and no
    // wall clock has to be trusted for that.
    const lifeMs = lifeMsOf(tokens.accessToken);
    this.#tokens = tokens;
    this.#origin = origin;
    this.#goodUntil = performance.now() + lifeMs - (Number.isFinite(lifeMs) ? leadMs(lifeMs) : 0);
  }

  #isSpent({ accessToken }: Tokens): boolean {
    return accessToken === this.#refused || this.leftMs <= 0;
  }
}

const isTokens = (value: unknown): value is Tokens => {
  const { accessToken, refreshToken } = (value ?? {}) as Record<string, unknown>;
  return (
    typeof accessToken === 'string' &&
    accessToken !== '' &&
    (refreshToken === undefined || typeof refreshToken === 'string')
  );
};

const signedOut = (cause: ParleyError | undefined): ParleyError =>
  new ParleyError('unauthenticated', 'signed_out', 'The session has ended: sign in again', { cause });
