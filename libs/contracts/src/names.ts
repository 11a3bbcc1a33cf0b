import { bounded, text } from './text.js';

/** Outside Turkish the dotless i folds to itself, although its capital is I. */
const dotlessI = 'ı';

/**
 * Unicode's full case folding, one code point at a time: `ß` is `ss`, every sigma is `σ`. Converting to upper case first merges letters
 * that share a capital; on the whole string `toLowerCase` would write a final sigma as `ς`.
 */
const foldCase = (text: string): string =>
  Array.from(text, (character) =>
    character === dotlessI
      ? character
      : Array.from(character.toLowerCase().toUpperCase(), (capital) => capital.toLowerCase()).join(''),
  ).join('');

/**
 * The form in which names are compared everywhere in Parley: NFKC, full case folding, NFC. `Ada`, `ADA` and the full-width `Ａda` are one
 * name, as are `straße` and `STRASSE`, `ΟΔΟΣ` and `οδος`.
 */
export const foldName = (name: string): string =>
  foldCase(foldCase(name.normalize('NFKC')).normalize('NFKC')).normalize('NFC');

/**
 * The form in which e-mail addresses are compared and stored. Only the case is folded: compatibility forms and `ß` are distinct in a
 * mailbox, and mail must reach the address.
 */
export const foldEmail = (email: string): string => email.normalize('NFC').toLowerCase();

/** Emoji composed of several code points contain joiners, selectors and tags, which hide no text there. */
const emoji =
  /\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier})?(?:\u200D\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier})?)*|[0-9#*]\uFE0F?\u20E3/gu;

/** Control and format characters (bidi controls among them), zero-width characters, fillers, variation selectors, line separators. */
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;

export const hasInvisibleCharacters = (name: string): boolean => invisible.test(name.replaceAll(emoji, ''));

const isBlank = (name: string): boolean => name !== '' && name.trim() === '';

export const invisibleCharactersMessage = 'Names must not contain invisible or control characters';

/** A name: `min` to `max` characters, none of them invisible, and not blank. */
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
/** 1 to 1,024 characters; rules about strength belong to the dialect that asks for the password. */
export const Password = text(1, 1_024);
/** Slug and title of a new topic or room; existing ones are read without these rules. */
export const NewSlug = nameText(1, 100);
export const NewTitle = nameText(1, 255);
/** A user name or an e-mail address, as a person types it to sign in. */
export const Login = bounded(256).min(1);
