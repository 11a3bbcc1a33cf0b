import { readSetting, writeSetting } from './local-settings.js';
import { State } from './state.js';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const isTheme = (value: string | null): value is Theme => themes.some((theme) => theme === value);

const stored = readSetting('theme');
/** `system` follows the device. */
export const theme = new State<Theme>(isTheme(stored) ? stored : 'system');

/** Applies the theme to the page, now and after each change. */
export const applyTheme = (): void => {
  const apply = (value: Theme): void => {
    if (value === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = value;
  };
  apply(theme.value);
  theme.subscribe((value) => {
    apply(value);
    writeSetting('theme', value === 'system' ? null : value);
  });
};
