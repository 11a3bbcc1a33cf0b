import { readSetting, writeSetting } from '../state/local-settings.js';
import { State } from '../state/state.js';
import { en } from '../messages/en.js';

/** The `{parameters}` of a text. */
type Parameters<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Parameters<Rest>
  : never;

export type MessageKey = keyof typeof en;
/** What a file of messages has: a text for every key. */
export type Messages = Readonly<Record<MessageKey, string>>;

/** Keys of texts without parameters. */
export type PlainKey = {
  [Key in MessageKey]: [Parameters<(typeof en)[Key]>] extends [never] ? Key : never;
}[MessageKey];

type Values<Key extends MessageKey> = [Parameters<(typeof en)[Key]>] extends [never]
  ? []
  : [Readonly<Record<Parameters<(typeof en)[Key]>, string | number>>];

/** Keys of texts that depend on a number: `x` for `x.one` and `x.other`. */
export type CountedKey = { [Key in MessageKey]: Key extends `${infer Base}.other` ? Base : never }[MessageKey] &
  { [Key in MessageKey]: Key extends `${infer Base}.one` ? Base : never }[MessageKey];

export const languages = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof languages;

const isLanguage = (value: string | null | undefined): value is Language =>
  value !== null && value !== undefined && Object.hasOwn(languages, value);

/** The stored choice, else the first language of the browser that there is a file for, else English. */
const initialLanguage = (): Language => {
  const stored = readSetting('language');
  if (isLanguage(stored)) return stored;
  return navigator.languages.map((each) => each.slice(0, 2)).find(isLanguage) ?? 'en';
};

let messages: Messages = en;
/** The language of the texts that are loaded. */
export const language = new State<Language>('en');

const fill = (text: string, values: Readonly<Record<string, string | number>>): string =>
  text.replace(/\{(\w{1,20})\}/g, (whole, name: string) => String(values[name] ?? whole));

/** The text of a key in the current language. */
export const t = <Key extends MessageKey>(key: Key, ...[values]: Values<Key>): string =>
  values === undefined ? messages[key] : fill(messages[key], values);

/** The text of a key for a number, in the plural form of the language. */
export const tn = (key: CountedKey, count: number): string => {
  const form = new Intl.PluralRules(language.value).select(count) === 'one' ? 'one' : 'other';
  return fill(messages[`${key}.${form}`], { count: count.toLocaleString(language.value) });
};

const load = async (wanted: Language): Promise<Messages> =>
  wanted === 'en' ? en : (await import('../messages/de.js')).de;

const apply = async (wanted: Language): Promise<void> => {
  messages = await load(wanted);
  document.documentElement.lang = wanted;
  language.set(wanted);
};

/** Changes the language and stores the choice. */
export const setLanguage = async (wanted: Language): Promise<void> => {
  await apply(wanted);
  writeSetting('language', wanted);
};

/** Loads the language of this device. English stays when its file cannot be loaded. */
export const loadLanguage = (): Promise<void> => apply(initialLanguage()).catch(() => undefined);
