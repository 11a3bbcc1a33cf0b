import type { TimelineMessage } from '@parley/client';
import { useId, useState } from 'preact/hooks';
import { type Action, dialog } from '../state/dialogs.js';
import { plainText } from '../text/markdown-blocks.js';
import { t } from '../text/translate.js';
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
      <div class="buttons">
        <button type="button" class="quiet" data-focus onClick={() => dialog.set(null)}>
          {t('app.cancel')}
        </button>
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
      </div>
    </div>
  </Modal>
);

/** `YYYY-MM-DD` of today on this device. */
const today = (): string => {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
};

export const DateDialog = ({ onPick }: { onPick: (time: string) => void }) => {
  const id = useId();
  const [day, setDay] = useState(today());
  const submit = (): void => {
    const start = new Date(`${day}T00:00:00`);
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
          submit();
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
