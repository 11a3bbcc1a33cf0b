import { bounded, text } from './text.js';

/** The dotless i folds to itself outside Turkish, yet its capital is I. */
const dotlessI = 'ı';

/**
 * Unicode's full case folding, one code point at a time: `ß` is `ss`, every sigma is `σ`. The detour over the capital form merges what
 * has one capital; in one piece `toLowerCase` would write a sigma at the end of a word as `ς`.
 */
const foldCase = (text: string): string =>
  Array.from(text, (character) =>
    character === dotlessI
      ? character
      : Array.from(character.toLowerCase().toUpperCase(), (capital) => capital.toLowerCase()).join(''),
  ).join('');

/**
 * The form in which names are compared, in every part of Parley: NFKC, full case folding, NFC. `Ada`, `ADA` and the full-width `Ａda` are
 * one name, as are `straße` and `STRASSE`, `ΟΔΟΣ` and `οδος`.
 */
export const foldName = (name: string): string =>
  foldCase(foldCase(name.normalize('NFKC')).normalize('NFKC')).normalize('NFC');

/**
 * The form in which e-mail addresses are compared and kept. Only case: compatibility forms and `ß` of a mailbox are its own, and the
 * address has to reach it.
 */
export const foldEmail = (email: string): string => email.normalize('NFC').toLowerCase();

/** Emoji that are drawn from several code points hold joiners, selectors and tags, which are no hidden text there. */
const emoji =
  /\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier})?(?:\u200D\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier})?)*|[0-9#*]\uFE0F?\u20E3/gu;

/** Control and format characters (bidi controls among them), zero-width characters, fillers, variation selectors, line separators. */
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;

export const hasInvisibleCharacters = (name: string): boolean => invisible.test(name.replaceAll(emoji, ''));

const isBlank = (name: string): boolean => name !== '' && name.trim() === '';

export const invisibleCharactersMessage = 'Names must not contain invisible or control characters';

/** Text that is a name: `min` to `max` characters, none of them invisible, and not blank. */
export const nameText = (min: number, max: number) =>
  text(min, max)
    .refine((name) => !hasInvisibleCharacters(name), invisibleCharactersMessage)
    .refine((name) => !isBlank(name), 'Names must not be blank');

export const usernameCharactersMax = 254;

export const Username = nameText(1, usernameCharactersMax);
/** A name that others see: 1 to 254 characters. */
export const DisplayName = nameText(1, usernameCharactersMax);
/** A first or last name: 1 to 100 characters. */
export const PersonalName = nameText(1, 100);
/** 1 to 1,024 characters; rules about strength belong to the wire that asks for the password. */
export const Password = text(1, 1_024);
/** What a new topic or room is called by in addresses, and its title; names that are there already are read as they are. */
export const NewSlug = nameText(1, 100);
export const NewTitle = nameText(1, 255);
/** A user name or an e-mail address, as somebody types it to sign in. */
export const Login = bounded(256).min(1);
