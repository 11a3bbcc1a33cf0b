import type { LiveChannel, TimelineMessage } from '@parley/client';
import type { ComponentChildren, Ref } from 'preact';
import { useEffect, useId, useImperativeHandle, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { dialog } from '../state/dialogs.js';
import { drafts } from '../state/drafts.js';
import { mayFocusField } from '../state/input-mode.js';
import { plainText } from '../text/markdown-blocks.js';
import { t } from '../text/translate.js';
import { IconButton } from '../view/icon-button.js';
import { MentionList } from './mention-list.js';
import { useMentions } from './use-mentions.js';

const lengthMax = 16_384;

/** What the message box writes: a new message, an answer to one, or one anew. */
export type Writing =
  | { readonly to: 'new' }
  | { readonly to: 'reply'; readonly message: TimelineMessage }
  | { readonly to: 'edit'; readonly message: TimelineMessage };

export interface ComposerHandle {
  focus(): void;
}

interface ComposerProps {
  readonly channel: LiveChannel;
  /** Where drafts are kept. */
  readonly place: string;
  readonly placeholder: string;
  readonly writing: Writing;
  readonly handle: Ref<ComposerHandle>;
  readonly children?: ComponentChildren;
  readonly onSend: (text: string) => void;
  readonly onCancel: () => void;
  /** Arrow up in the empty box: edits the last own message; false: there is none. */
  readonly onEditLast: () => boolean;
  /** Moves the focus to the messages. */
  readonly onToMessages: () => boolean;
}

const textOf = ({ content }: TimelineMessage): string => (content.type === 'text' ? content.text : '');

const useText = (place: string, writing: Writing) => {
  const [text, setText] = useState(() => drafts.read(place));
  const edited = writing.to === 'edit' ? writing.message : null;
  useEffect(() => setText(edited === null ? drafts.read(place) : textOf(edited)), [place, edited?.key]);
  const write = (value: string): void => {
    setText(value);
    if (edited === null) drafts.write(place, value);
  };
  return [text, write] as const;
};

/** As high as its text. */
const useHeight = (field: { readonly current: HTMLTextAreaElement | null }, text: string): void => {
  useLayoutEffect(() => {
    const { current } = field;
    if (current === null) return;
    current.style.height = 'auto';
    current.style.height = `${current.scrollHeight}px`;
  }, [field, text]);
};

const WritingLine = ({ writing, onCancel }: Pick<ComposerProps, 'writing' | 'onCancel'>) => {
  if (writing.to === 'new') return null;
  const isReply = writing.to === 'reply';
  return (
    <div class="writing-line">
      <b>{isReply ? t('composer.replyTo', { name: writing.message.sender.name }) : t('message.editing')}</b>
      {isReply && <span class="reply-text">{plainText(textOf(writing.message), 90)}</span>}
      <IconButton icon="close" label={t(isReply ? 'composer.cancelReply' : 'app.cancel')} onClick={onCancel} />
    </div>
  );
};

export const Composer = (props: ComposerProps) => {
  const { channel, place, placeholder, writing, handle, children, onSend, onCancel, onEditLast, onToMessages } = props;
  const field = useRef<HTMLTextAreaElement>(null);
  const listId = useId();
  const [text, setText] = useText(place, writing);
  const mentions = useMentions(channel, () => field.current, setText);
  const excess = text.trim().length - lengthMax;
  useHeight(field, text);
  useImperativeHandle(handle, () => ({ focus: () => field.current?.focus() }), []);
  useEffect(() => {
    if (writing.to !== 'new' || mayFocusField()) field.current?.focus();
  }, [writing, place]);

  const submit = (): void => {
    if (text.trim() === '' || excess > 0) return;
    setText('');
    mentions.close();
    onSend(text.trim());
  };
  const insert = (emoji: string): void => {
    const { current } = field;
    const at = current?.selectionStart ?? text.length;
    setText(text.slice(0, at) + emoji + text.slice(current?.selectionEnd ?? at));
    current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing || mentions.onKeyDown(event)) return;
    const isPlain = !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey;
    if (event.key === 'Enter' && isPlain) submit();
    else if (event.key === 'Escape' && writing.to !== 'new') onCancel();
    else if (event.key === 'ArrowUp' && isPlain && text === '' && onEditLast()) event.preventDefault();
    else if (event.key === 'ArrowUp' && event.ctrlKey && onToMessages()) event.preventDefault();
    else return;
    event.preventDefault();
  };
  const hasList = mentions.candidates.length > 0;
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <WritingLine writing={writing} onCancel={onCancel} />
      {hasList && (
        <MentionList id={listId} candidates={mentions.candidates} chosen={mentions.chosen} onPick={mentions.pick} />
      )}
      <div class="composer-box">
        <textarea
          ref={field}
          rows={1}
          value={text}
          placeholder={placeholder}
          aria-label={t('composer.label')}
          aria-autocomplete="list"
          aria-controls={hasList ? listId : undefined}
          aria-activedescendant={hasList ? `${listId}-${mentions.chosen}` : undefined}
          onInput={({ currentTarget }) => {
            setText(currentTarget.value);
            mentions.look(currentTarget);
            if (writing.to !== 'edit' && currentTarget.value !== '') channel.sendTyping();
          }}
          onKeyDown={onKeyDown}
          onBlur={mentions.close}
        />
        <IconButton
          icon="smile"
          label={t('composer.emoji')}
          onClick={() => dialog.set({ name: 'emoji', onPick: insert })}
        />
        <button
          type="submit"
          class="icon-button send"
          aria-label={t('composer.send')}
          title={t('composer.send')}
          disabled={text.trim() === '' || excess > 0}
        >
          <svg class="icon" width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
            <path d="M10 16V4M5 9l5-5 5 5" />
          </svg>
        </button>
      </div>
      {children}
      {excess > 0 && (
        <p class="error" role="alert">
          {t('composer.tooLong', { count: excess })}
        </p>
      )}
    </form>
  );
};
