const schemes = new Map([
  ['http:', 'http:'],
  ['https:', 'https:'],
  ['ws:', 'http:'],
  ['wss:', 'https:'],
]);

/** A base URL over HTTP without a trailing slash; `ws` and `wss` name the same server as `http` and `https`. */
const normalize = (url: unknown): string => {
  if (typeof url !== 'string' || url.trim() === '') throw missing();
  const parsed = parse(url.trim());
  const scheme = schemes.get(parsed?.protocol ?? '');
  if (!parsed || !scheme) throw new TypeError('url must begin with http://, https://, ws:// or wss://.');
  if (parsed.username + parsed.password + parsed.search + parsed.hash !== '') {
    throw new TypeError('url must not contain a user name, a password, a query or a fragment.');
  }
  return `${scheme}//${parsed.host}${withoutSlashes(parsed.pathname)}`;
};

const missing = (): TypeError =>
  new TypeError('url is missing: the address of a gateway, as in { url: "https://chat.example.org" }.');

const parse = (url: string): URL | null => {
  try {
    return new URL(url);
  } catch {
    // The caller reports what a valid URL looks like.
    return null;
  }
};

/** The gateways of one Parley. A caller that cannot reach one moves to the next; after the last comes the first again. */
export class Gateways {
  readonly #urls: readonly string[];
  /** When a gateway that sent `Retry-After` may be tried again, by `performance.now()`. */
  readonly #notBefore = new Map<string, number>();
  #at = 0;

  constructor(url: string | readonly string[]) {
    const urls: unknown = typeof url === 'string' ? [url] : url;
    if (!Array.isArray(urls) || urls.length === 0) throw missing();
    this.#urls = urls.map(normalize);
  }

  get current(): string {
    return this.#urls[this.#at] ?? '';
  }

  /** Moves to the next gateway. Of several callers that leave the same gateway only the first one moves. */
  leave(url: string): void {
    if (url === this.current) this.#at = (this.#at + 1) % this.#urls.length;
  }

  /** This gateway asked for a pause of `ms`; the others did not. */
  postpone(url: string, ms = 0): void {
    const until = performance.now() + ms;
    if (ms > 0 && until > (this.#notBefore.get(url) ?? 0)) this.#notBefore.set(url, until);
  }

  /** Milliseconds that remain of the pause which the current gateway asked for. */
  get waitMs(): number {
    return Math.max(0, (this.#notBefore.get(this.current) ?? 0) - performance.now());
  }
}

/** Not a regular expression: one anchored at the end would start again at each of many slashes (quadratic time). */
const withoutSlashes = (url: string): string => {
  let end = url.length;
  while (url[end - 1] === '/') end -= 1;
  return url.slice(0, end);
};
