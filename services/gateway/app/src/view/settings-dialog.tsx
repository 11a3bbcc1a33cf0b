import { useId, useState } from 'preact/hooks';
import { dialog, notify } from '../state/dialogs.js';
import { install } from '../state/install.js';
import { rename, signOut } from '../state/session.js';
import { theme, type Theme, themes } from '../state/theme.js';
import { useWatchable } from '../state/use-watchable.js';
import { sentenceFor, tellError } from '../text/plain-words.js';
import { language, type Language, languages, type PlainKey, setLanguage, t } from '../text/translate.js';
import { Problem } from './form-parts.js';
import { Modal } from './modal.js';
import { useClient, useMe } from './session-context.js';
import { SessionsList } from './sessions-list.js';

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

interface PreferenceProps {
  readonly name: 'sharesReceipts' | 'invisible';
  readonly text: string;
  readonly hint: string;
}

const PreferenceChoice = ({ name, text, hint }: PreferenceProps) => {
  const { preferences } = useClient();
  const values = useWatchable(preferences);
  const id = useId();
  return (
    <label class="check">
      <input
        type="checkbox"
        aria-labelledby={id}
        aria-describedby={`${id}-hint`}
        checked={values?.[name] ?? name === 'sharesReceipts'}
        disabled={values === null}
        onChange={({ currentTarget }) => void preferences.change({ [name]: currentTarget.checked }).catch(tellError)}
      />
      <span>
        <span id={id}>{text}</span>
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      </span>
    </label>
  );
};

const NameField = () => {
  const me = useMe();
  const id = useId();
  const [name, setName] = useState(me.name);
  const [problem, setProblem] = useState<PlainKey | null>(null);
  const [isBusy, setBusy] = useState(false);
  const save = async (): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      await rename(name.trim());
      notify(t('settings.nameSaved'), 'done');
    } catch (error) {
      setProblem(sentenceFor(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      class="field"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <label for={id}>{t('sign.name')}</label>
      <div class="row">
        <input
          id={id}
          type="text"
          autoComplete="name"
          maxLength={254}
          value={name}
          aria-describedby={`${id}-hint`}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
        <button type="submit" class="quiet" disabled={isBusy || name.trim() === '' || name.trim() === me.name}>
          {t('app.save')}
        </button>
      </div>
      <p class="hint" id={`${id}-hint`}>
        {me.username === null ? t('settings.nameHint') : `@${me.username} · ${t('settings.nameHint')}`}
      </p>
      <Problem problem={problem} />
    </form>
  );
};

const InstallButton = () => {
  const offer = useWatchable(install);
  if (offer === null) return null;
  return (
    <button type="button" class="quiet" onClick={() => void offer().catch(tellError)}>
      {t('settings.install')}
    </button>
  );
};

export const SettingsDialog = () => (
  <Modal title={t('settings.title')}>
    <div class="stack settings">
      <NameField />
      <ThemeChoice />
      <LanguageChoice />
      <fieldset class="choices">
        <legend>{t('settings.privacy')}</legend>
        <PreferenceChoice name="sharesReceipts" text={t('settings.receipts')} hint={t('settings.receiptsHint')} />
        <PreferenceChoice name="invisible" text={t('settings.invisible')} hint={t('settings.invisibleHint')} />
      </fieldset>
      <SessionsList />
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
        <button type="button" class="quiet" onClick={() => dialog.set({ name: 'password' })}>
          {t('password.title')}
        </button>
        <button type="button" class="quiet" onClick={() => dialog.set({ name: 'help' })}>
          {t('help.title')}
        </button>
        <InstallButton />
      </div>
    </div>
  </Modal>
);
