import { Fault } from '@parley/contracts';

let compiled: RegExp | undefined;
/** Compiled with the first reaction: it takes as long as loading a small library. */
const rgiEmoji = (): RegExp =>
  // eslint would have it as a literal, whose flag the target of the compiler does not know.
  (compiled ??= new RegExp(String.raw`^\p{RGI_Emoji}$`, 'v'));
const presentation = '\uFE0F';

/** One emoji in its recommended form: many keyboards leave out the variation selector. `invalid` `not_an_emoji`. */
export const emojiOf = (text: string): string => {
  for (const candidate of [text, `${text}${presentation}`]) if (rgiEmoji().test(candidate)) return candidate;
  throw new Fault('invalid', 'not_an_emoji', 'A reaction is one emoji');
};
