import { ParleyError, isParleyError } from './parley-error.js';
import { grantFields, restRequest } from './rest-request.js';
import type { RestOptions } from './rest-request.js';
import { isSuccessor, lifeMsOf } from './token-life.js';
import type { Grant, Tokens } from './types.js';

export interface SessionTokensOptions {
  readonly rest: RestOptions;
  readonly tokens: Tokens | null;
  /** Asked when there are no tokens, or when they cannot be refreshed any more. */
  readonly signIn?: () => Promise<Tokens>;
  readonly realm?: string;
  /** Tokens that another tab or process on the same storage may have written. */
  readonly stored?: () => Promise<Tokens | undefined>;
  /** Only one client of the storage refreshes at a time, where the platform has a lock. */
  readonly exclusively?: <T>(work: () => Promise<T>) => Promise<T>;
  /** Called with new tokens before they are used: the old refresh token is spent. `isAdopted`: they came from the storage. */
  readonly onChange: (tokens: Tokens, isAdopted: boolean) => Promise<void> | void;
}

/** How long before its end a token is no longer begun with; less for tokens that live shortly. */
const leadMs = (lifeMs: number): number => Math.min(10_000, lifeMs / 10);

type Origin = 'given' | 'refresh' | 'sign_in';

/** The tokens of a session: renewed when they end, by one request at a time however many ask. */
export class SessionTokens {
  #tokens: Tokens | null = null;
  #origin: Origin = 'given';
  #goodUntil = Infinity;
  #renewal: Promise<Tokens> | null = null;
  #refused: string | null = null;
  /** Why the server took the last token, access or refresh, no more. */
  #refusal: ParleyError | undefined;

  constructor(private readonly options: SessionTokensOptions) {
    if (options.tokens) this.#take(options.tokens, 'given');
  }

  get current(): Tokens | null {
    return this.#tokens;
  }

  /** Milliseconds until the current token ends, by a clock that nobody sets; Infinity: it does not say. */
  get leftMs(): number {
    return this.#goodUntil - performance.now();
  }

  /** Tokens from the storage. */
  restore(tokens: Tokens): void {
    this.#take(tokens, 'given');
  }

  /** An access token that is still good as far as we know. */
  async access(): Promise<string> {
    const tokens = this.#tokens;
    if (tokens && !this.#isSpent(tokens)) return tokens.accessToken;
    return (await this.renew()).accessToken;
  }

  /** The server refused this access token, for `cause` if it said so: it is not given out again. */
  refuse(accessToken: string, cause?: ParleyError): void {
    this.#refused = accessToken;
    this.#refusal = cause;
  }

  /** The server took this access token: a later refusal is answered with a refresh again. */
  accept(accessToken: string): void {
    if (accessToken === this.#tokens?.accessToken) this.#origin = 'given';
  }

  /** New tokens, by refresh or else by signing in, each once. Rejects with `unauthenticated` when neither works. */
  renew(): Promise<Tokens> {
    this.#renewal ??= this.#renewOnce().finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  async #renewOnce(): Promise<Tokens> {
    const isRefused = this.#tokens?.accessToken === this.#refused;
    // Tokens fresh from the server that it refuses all the same: the next step is another one, or none.
    const last = isRefused ? this.#origin : 'given';
    if (last === 'given') {
      const { exclusively = (work) => work() } = this.options;
      const tokens = await exclusively(() => this.#refresh());
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

  async #refresh(): Promise<Tokens | null> {
    const adopted = await this.#adopt();
    if (adopted) return adopted;
    const refreshToken = this.#tokens?.refreshToken;
    if (refreshToken === undefined) return null;
    const { rest, realm } = this.options;
    try {
      const grant = await restRequest<Grant>(rest, {
        method: 'POST',
        path: ['v1', 'sessions', 'refresh'],
        answer: grantFields,
        body: { refreshToken, ...(realm !== undefined && { realm }) },
      });
      return await this.#keep(grant, 'refresh');
    } catch (error) {
      if (!isParleyError(error) || error.code !== 'unauthenticated') throw error;
      this.#refusal = error;
      // Another tab may have been faster while this one was frozen between reading and asking.
      return this.#adopt();
    }
  }

  /** What another tab or process wrote, when that is newer than ours. */
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
    // Tokens that come from the application or the storage may be older: then the server refuses them before that, which is the
    // only way to learn it that trusts nobody's time of day.
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
