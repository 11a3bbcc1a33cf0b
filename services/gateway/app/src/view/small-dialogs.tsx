import type { TimelineMessage } from '@parley/client';
import { useId, useState } from 'preact/hooks';
import { type Action, dialog } from '../state/dialogs.js';
import { plainText } from '../text/markdown-blocks.js';
import { sentenceFor } from '../text/plain-words.js';
import { type PlainKey, t } from '../text/translate.js';
import { Buttons, Problem } from './form-parts.js';
import { Icon, type IconName } from './icons.js';
import { Modal } from './modal.js';

interface DeleteDialogProps {
  readonly message: TimelineMessage;
  readonly onConfirm: () => void;
}

export const DeleteDialog = ({ message, onConfirm }: DeleteDialogProps) => (
  <Modal title={t('message.deleteTitle')}>
    <div class="stack">
      {message.content.type === 'text' && <blockquote>{plainText(message.content.text)}</blockquote>}
      <p class="hint">{t('message.deleteHint')}</p>
      <Buttons isFocused>
        <button
          type="button"
          class="primary danger"
          onClick={() => {
            dialog.set(null);
            onConfirm();
          }}
        >
          {t('message.delete')}
        </button>
      </Buttons>
    </div>
  </Modal>
);

interface RenameDialogProps {
  readonly title: string;
  readonly onRename: (title: string) => Promise<unknown>;
}

/** A new title of a room or group. */
export const RenameDialog = ({ title, onRename }: RenameDialogProps) => {
  const id = useId();
  const [text, setText] = useState(title);
  const [problem, setProblem] = useState<PlainKey | null>(null);
  const submit = (): void => {
    if (text.trim() === '') return setProblem('error.titleMissing');
    onRename(text.trim()).then(
      () => dialog.set(null),
      (error: unknown) => setProblem(sentenceFor(error)),
    );
  };
  return (
    <Modal title={t('channel.rename')} class="narrow">
      <form
        class="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <div class="field">
          <label for={id}>{t('create.name')}</label>
          <input
            id={id}
            type="text"
            value={text}
            maxLength={255}
            data-focus
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        </div>
        <Problem problem={problem} />
        <Buttons>
          <button type="submit" class="primary">
            {t('app.save')}
          </button>
        </Buttons>
      </form>
    </Modal>
  );
};

/** Asks before what cannot be taken back easily. */
export const ConfirmDialog = ({ title, hint, action }: { title: string; hint: string; action: Action }) => (
  <Modal title={title} class="narrow">
    <div class="stack">
      <p class="hint">{hint}</p>
      <Buttons isFocused>
        <button
          type="button"
          class={`primary ${action.isDangerous === true ? 'danger' : ''}`}
          onClick={() => {
            dialog.set(null);
            action.run();
          }}
        >
          {action.label}
        </button>
      </Buttons>
    </div>
  </Modal>
);

const localDay = (daysAgo: number): Date => {
  const now = new Date();
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() - daysAgo);
};

/** `YYYY-MM-DD` of today on this device. */
const today = (): string => {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
};

/** What people jump to most, without a calendar. */
const usualDays = (): readonly (readonly [PlainKey, Date])[] => [
  ['time.today', localDay(0)],
  ['time.yesterday', localDay(1)],
  ['time.weekAgo', localDay(7)],
  ['time.monthAgo', localDay(30)],
  ['time.beginning', new Date(0)],
];

export const DateDialog = ({ onPick }: { onPick: (time: string) => void }) => {
  const id = useId();
  const [day, setDay] = useState(today());
  const pick = (start: Date): void => {
    if (Number.isNaN(start.getTime())) return;
    dialog.set(null);
    onPick(start.toISOString());
  };
  return (
    <Modal title={t('channel.jump')} class="narrow">
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          pick(new Date(`${day}T00:00:00`));
        }}
      >
        <label class="visually-hidden" for={id}>
          {t('channel.jump')}
        </label>
        <input
          id={id}
          type="date"
          required
          max={today()}
          value={day}
          data-focus
          onInput={({ currentTarget }) => setDay(currentTarget.value)}
        />
        <button type="submit" class="primary">
          {t('channel.jumpGo')}
        </button>
      </form>
      <div class="usual-days">
        {usualDays().map(([key, start]) => (
          <button key={key} type="button" class="quiet" onClick={() => pick(start)}>
            {t(key)}
          </button>
        ))}
      </div>
    </Modal>
  );
};

const iconOf: Readonly<Record<string, IconName>> = {
  react: 'smile',
  reply: 'reply',
  thread: 'thread',
  edit: 'edit',
  pin: 'pin',
  copy: 'copy',
  details: 'info',
  message: 'thread',
  role: 'key',
  remove: 'close',
  delete: 'trash',
};

export const ActionsDialog = ({ title, actions }: { title: string; actions: readonly Action[] }) => (
  <Modal title={title} class="actions">
    <ul class="action-list">
      {actions.map(({ id, label, isDangerous, run }, at) => (
        <li key={id}>
          <button
            type="button"
            class={isDangerous ? 'danger' : ''}
            data-focus={at === 0 || undefined}
            onClick={() => {
              dialog.set(null);
              run();
            }}
          >
            <Icon name={iconOf[id] ?? 'more'} />
            {label}
          </button>
        </li>
      ))}
    </ul>
  </Modal>
);
