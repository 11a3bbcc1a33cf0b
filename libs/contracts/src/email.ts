import { hasInvisibleCharacters } from './names.js';
import { bounded } from './text.js';

const emailCharactersMax = 254;
/** Spaces around an address are removed, so the input may be longer than the address. */
const typedCharactersMax = 512;

/** What RFC 5322 calls atext, and since RFC 6531 everything beyond ASCII. */
const atom = /^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u{80}-\u{10FFFF}]+$/u;
const unsafe = /[\p{Z}\p{C}]/u;
const domainCharacters = /^[\p{L}\p{M}\p{N}.-]+$/u;
const label = /^[a-z0-9-]{1,63}$/;

const isLocalPart = (local: string): boolean =>
  local.split('.').every((part) => atom.test(part)) &&
  !unsafe.test(local) &&
  !hasInvisibleCharacters(local) &&
  !/^\p{M}/u.test(local);

/** The labels of a domain in ASCII: at least two, none with a hyphen at an end, and the last ends with a letter. */
const isAsciiDomain = (ascii: string): boolean => {
  const labels = ascii.split('.');
  return (
    labels.length > 1 &&
    labels.every((one) => label.test(one) && !one.startsWith('-') && !one.endsWith('-')) &&
    /[a-z]$/.test(ascii)
  );
};

const partsOf = (email: string): readonly [local: string, domain: string] => {
  const at = email.lastIndexOf('@');
  return [email.slice(0, Math.max(at, 0)), email.slice(at + 1)];
};

const canonical = (email: string): string => {
  const [local, domain] = partsOf(email);
  return `${local.normalize('NFC')}${email.includes('@') ? '@' : ''}${domain.normalize('NFKC').toLowerCase()}`;
};

/** A URL's host allows forms that a mailbox's does not (percent-encoding, numbers), hence the checks before and after. */
const isDomain = (domain: string): boolean => {
  const url = `http://${domain}/`;
  return domainCharacters.test(domain) && URL.canParse(url) && isAsciiDomain(new URL(url).hostname);
};

const isEmail = (email: string): boolean => {
  const [local, domain] = partsOf(email);
  return isLocalPart(local) && isDomain(domain);
};

/**
 * An e-mail address of at most 254 characters as the old servers accepted it (pydantic's `EmailStr`): international mailboxes and domains,
 * every character of an unquoted mailbox, spaces around it removed. Parses to its canonical form, the domain in lower case; parsing is
 * idempotent.
 */
export const Email = bounded(typedCharactersMax)
  .trim()
  .max(emailCharactersMax, { abort: true })
  .overwrite(canonical)
  .refine(isEmail, { error: 'Must be an e-mail address' })
  .meta({ format: 'email' });
