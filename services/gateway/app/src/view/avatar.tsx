import type { AccountPresence } from '@parley/client';
import { t } from '../text/translate.js';

const huesMax = 8;

/** The same for the same id, spread over the hues of the style sheet. */
const hueOf = (id: string): number =>
  [...id].reduce((sum, each) => (sum * 31 + each.charCodeAt(0)) % 9_973, 7) % huesMax;

const segmenter = new Intl.Segmenter();

/** The first letters of the first and the last word. */
const initials = (name: string): string => {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const firstOf = (word = ''): string => [...segmenter.segment(word)][0]?.segment ?? '';
  return (firstOf(words[0]) + (words.length > 1 ? firstOf(words.at(-1)) : '')).toLocaleUpperCase();
};

interface AvatarProps {
  readonly id: string;
  readonly name: string;
  readonly presence?: AccountPresence['state'] | undefined;
  readonly size?: 'small' | 'large';
}

export const Avatar = ({ id, name, presence, size = 'large' }: AvatarProps) => (
  <span class={`avatar ${size} hue-${hueOf(id)}`}>
    <span aria-hidden="true">{initials(name)}</span>
    {presence !== undefined && <PresenceDot state={presence} />}
  </span>
);

/** A ring for `offline`, so that color alone does not carry it. */
export const PresenceDot = ({ state }: { state: AccountPresence['state'] | 'invisible' }) => (
  <span class={`presence ${state}`}>
    <span class="visually-hidden">{t(`presence.${state}`)}</span>
  </span>
);
