import { useId } from 'preact/hooks';
import { dialog } from '../state/dialogs.js';
import { signOut } from '../state/session.js';
import { theme, type Theme, themes } from '../state/theme.js';
import { useWatchable } from '../state/use-watchable.js';
import { tellError } from '../text/plain-words.js';
import { language, type Language, languages, setLanguage, t } from '../text/translate.js';
import { Modal } from './modal.js';
import { useClient } from './session-context.js';

const ThemeChoice = () => {
  const chosen = useWatchable(theme);
  return (
    <fieldset class="segments">
      <legend>{t('settings.theme')}</legend>
      <div>
        {themes.map((each: Theme) => (
          <label key={each} class="segment">
            <input type="radio" name="theme" checked={each === chosen} onChange={() => theme.set(each)} />
            <span>{t(`settings.theme.${each}`)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
};

const LanguageChoice = () => {
  const id = useId();
  const chosen = useWatchable(language);
  return (
    <div class="field">
      <label for={id}>{t('settings.language')}</label>
      <select
        id={id}
        value={chosen}
        onChange={({ currentTarget }) => void setLanguage(currentTarget.value as Language).catch(tellError)}
      >
        {Object.entries(languages).map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
};

const ReceiptsChoice = () => {
  const { preferences } = useClient();
  const values = useWatchable(preferences);
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={values?.sharesReceipts ?? true}
        disabled={values === null}
        onChange={({ currentTarget }) =>
          void preferences.change({ sharesReceipts: currentTarget.checked }).catch(tellError)
        }
      />
      <span>
        {t('settings.receipts')}
        <span class="hint">{t('settings.receiptsHint')}</span>
      </span>
    </label>
  );
};

export const SettingsDialog = () => (
  <Modal title={t('settings.title')}>
    <div class="stack">
      <ThemeChoice />
      <LanguageChoice />
      <ReceiptsChoice />
      <div class="buttons spread">
        <button
          type="button"
          class="quiet danger"
          onClick={() => {
            dialog.set(null);
            void signOut();
          }}
        >
          {t('sign.out')}
        </button>
        <button type="button" class="quiet" onClick={() => dialog.set({ name: 'help' })}>
          {t('help.title')}
        </button>
      </div>
    </div>
  </Modal>
);
