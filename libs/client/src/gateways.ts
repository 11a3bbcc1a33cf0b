/** Where one Parley can be reached. Who finds one out of reach goes on with the next, after the last comes the first again. */
export class Gateways {
  readonly #urls: readonly string[];
  #at = 0;

  constructor(url: string | readonly string[]) {
    this.#urls = (typeof url === 'string' ? [url] : url).map((each) => withoutSlashes(each));
    if (this.#urls.length === 0) throw new TypeError('No url is given');
  }

  get current(): string {
    return this.#urls[this.#at] ?? '';
  }

  /** Asked for by many at once: left once. */
  leave(url: string): void {
    if (url === this.current) this.#at = (this.#at + 1) % this.#urls.length;
  }
}

/** Not a regular expression: one that looks for slashes at the end begins anew at each of a long row of them. */
const withoutSlashes = (url: string): string => {
  let end = url.length;
  while (url[end - 1] === '/') end -= 1;
  return url.slice(0, end);
};
