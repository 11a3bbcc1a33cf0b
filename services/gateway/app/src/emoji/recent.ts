import { readSetting, writeSetting } from '../state/local-settings.js';

const usual = ['👍', '❤️', '😂', '🎉', '👀', '🙏'];
const recentMax = 12;

/** The emoji of this device that were used last, then the usual ones; at least six. */
export const recentEmoji = (): readonly string[] => {
  const stored = (readSetting('emoji') ?? '').split(' ').filter(Boolean).slice(0, recentMax);
  return [...stored, ...usual.filter((each) => !stored.includes(each))].slice(0, Math.max(stored.length, usual.length));
};

/** Puts an emoji first among those used last. */
export const noteEmoji = (emoji: string): void => {
  const stored = (readSetting('emoji') ?? '').split(' ').filter((each) => each !== '' && each !== emoji);
  writeSetting('emoji', [emoji, ...stored].slice(0, recentMax).join(' '));
};
