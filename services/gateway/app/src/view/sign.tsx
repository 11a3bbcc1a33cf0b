import { signIn, signUp } from '@parley/client';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { begin, endedHereOnly, hasEnded } from '../state/session.js';
import { useWatchable } from '../state/use-watchable.js';
import { sentenceFor } from '../text/plain-words.js';
import { type PlainKey, t } from '../text/translate.js';

type Mode = 'in' | 'up';

interface Values {
  readonly username: string;
  readonly password: string;
  readonly name: string;
}

/** What can be said before the server is asked; null: nothing is wrong. */
const problemOf = (mode: Mode, { username, password }: Values): PlainKey | null => {
  if (mode === 'in') return null;
  if (!/^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u.test(username)) return 'error.usernameForm';
  return password.length < 8 ? 'error.passwordShort' : null;
};

const request = async (mode: Mode, { username, password, name }: Values) => {
  const url = location.origin;
  if (mode === 'in') return signIn({ url, login: username, password });
  return signUp({ url, username, password, ...(name !== '' && { name }) });
};

interface FieldProps {
  readonly name: keyof Values;
  readonly label: string;
  readonly hint?: string | undefined;
  readonly isSecret?: boolean;
  readonly autoComplete: string;
  readonly isRequired?: boolean;
}

const Field = ({ name, label, hint, isSecret = false, autoComplete, isRequired = true }: FieldProps) => {
  const id = useId();
  const attributes = {
    ...({
      id,
      name,
      autoComplete,
      required: isRequired,
      maxLength: 1_024,
      autoCapitalize: 'none',
      spellcheck: false,
    } as const),
    'aria-describedby': hint === undefined ? undefined : `${id}-hint`,
  } as const;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {isSecret ? <input type="password" {...attributes} /> : <input type="text" {...attributes} />}
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
};

const valuesOf = (form: HTMLFormElement): Values => {
  const data = new FormData(form);
  const text = (name: keyof Values): string => {
    const value = data.get(name);
    return typeof value === 'string' ? value : '';
  };
  return { username: text('username').trim(), password: text('password'), name: text('name').trim() };
};

const useSigning = (mode: Mode) => {
  const ended = useWatchable(hasEnded);
  const [problem, setProblem] = useState<PlainKey | null>(ended ? 'sign.ended' : null);
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent & { currentTarget: HTMLFormElement }): Promise<void> => {
    event.preventDefault();
    const values = valuesOf(event.currentTarget);
    const found = problemOf(mode, values);
    setProblem(found);
    if (found !== null) return;
    setBusy(true);
    try {
      begin(await request(mode, values));
    } catch (error) {
      setProblem(sentenceFor(error));
      setBusy(false);
    }
  };
  return { problem, setProblem, isBusy, submit };
};

export const Sign = () => {
  const [mode, setMode] = useState<Mode>('in');
  const { problem, setProblem, isBusy, submit } = useSigning(mode);
  const isEndedHereOnly = useWatchable(endedHereOnly);
  const form = useRef<HTMLFormElement>(null);
  const isNew = mode === 'up';
  useEffect(() => {
    document.title = `${t(isNew ? 'sign.upTitle' : 'sign.inTitle')} · ${t('app.name')}`;
    form.current?.querySelector('input')?.focus();
  }, [isNew]);
  return (
    <main class="sign">
      <div class="sign-card">
        <img class="sign-logo" src="/app/icons/icon.svg" alt="" width={40} height={40} />
        <h1>{t('app.name')}</h1>
        <p class="lead">{t('sign.lead')}</p>
        <p class="sign-note" role="status">
          {isEndedHereOnly && t('sign.endedHereOnly')}
        </p>
        <form
          ref={form}
          onSubmit={(event) => void submit(event)}
          noValidate={isNew}
          aria-label={t(isNew ? 'sign.upTitle' : 'sign.inTitle')}
        >
          <Field
            name="username"
            label={t('sign.username')}
            autoComplete="username"
            hint={isNew ? t('sign.usernameHint') : undefined}
          />
          {isNew && (
            <Field
              name="name"
              label={t('sign.name')}
              autoComplete="name"
              hint={t('sign.nameHint')}
              isRequired={false}
            />
          )}
          <Field
            name="password"
            label={t('sign.password')}
            isSecret
            autoComplete={isNew ? 'new-password' : 'current-password'}
            hint={isNew ? t('sign.passwordHint') : undefined}
          />
          <p class="error" role="alert">
            {problem !== null && t(problem)}
          </p>
          <button type="submit" class="primary wide" disabled={isBusy}>
            {t(isNew ? 'sign.up' : 'sign.in')}
          </button>
        </form>
        <button
          type="button"
          class="link"
          onClick={() => {
            setProblem(null);
            setMode(isNew ? 'in' : 'up');
          }}
        >
          {t(isNew ? 'sign.toIn' : 'sign.toUp')}
        </button>
      </div>
    </main>
  );
};
