// Small settings of this device. A browser may refuse its storage; then they last as long as the page.

/** The stored text of a key, or null. */
export const readSetting = (key: string): string | null => {
  try {
    return localStorage.getItem(`parley.${key}`);
  } catch {
    return null;
  }
};

/** Stores a text under a key; null removes it. */
export const writeSetting = (key: string, value: string | null): void => {
  try {
    if (value === null) localStorage.removeItem(`parley.${key}`);
    else localStorage.setItem(`parley.${key}`, value);
  } catch {
    // Full or refused.
  }
};
