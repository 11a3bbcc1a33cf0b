import { useId, useState } from 'preact/hooks';
import { dialog, notify } from '../state/dialogs.js';
import { sentenceFor } from '../text/plain-words.js';
import { type PlainKey, t } from '../text/translate.js';
import { Buttons, Problem } from './form-parts.js';
import { Modal } from './modal.js';
import { useClient } from './session-context.js';

interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly autoComplete: string;
  readonly hasFocus?: boolean;
  readonly onInput: (value: string) => void;
}

const PasswordField = ({ label, hint, autoComplete, hasFocus, onInput }: FieldProps) => {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="password"
        required
        maxLength={1_024}
        autoComplete={autoComplete}
        data-focus={hasFocus || undefined}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onInput={({ currentTarget }) => onInput(currentTarget.value)}
      />
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
};

export const PasswordDialog = () => {
  const { rest } = useClient();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [problem, setProblem] = useState<PlainKey | null>(null);
  const [isBusy, setBusy] = useState(false);
  const change = async (): Promise<void> => {
    if (next.length < 8) return setProblem('error.passwordShort');
    setBusy(true);
    try {
      await rest.changePassword(current, next);
      dialog.set(null);
      notify(t('password.done'), 'done');
    } catch (error) {
      setProblem(sentenceFor(error));
      setBusy(false);
    }
  };
  return (
    <Modal title={t('password.title')} class="narrow">
      <form
        class="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void change();
        }}
      >
        <PasswordField label={t('password.current')} autoComplete="current-password" hasFocus onInput={setCurrent} />
        <PasswordField
          label={t('password.next')}
          hint={t('sign.passwordHint')}
          autoComplete="new-password"
          onInput={setNext}
        />
        <p class="hint">{t('password.hint')}</p>
        <Problem problem={problem} />
        <Buttons>
          <button type="submit" class="primary" disabled={isBusy}>
            {t('app.save')}
          </button>
        </Buttons>
      </form>
    </Modal>
  );
};
