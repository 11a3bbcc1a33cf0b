import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { dialog } from '../state/dialogs.js';
import { t } from '../text/translate.js';
import { IconButton } from './icon-button.js';

interface ModalProps {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly class?: string;
}

/** A dialog above the page; the browser keeps the focus inside and gives it back. */
export const Modal = ({ title, children, ...rest }: ModalProps) => {
  const element = useRef<HTMLDialogElement>(null);
  // The event `close` comes later: by then another dialog may be open.
  const isGone = useRef(false);
  const titleId = useId();
  // Before the next key arrives, not after the next frame.
  useLayoutEffect(() => {
    const { current } = element;
    const before = document.activeElement;
    current?.showModal();
    // Where nothing is chosen, a screen reader begins with the title.
    (current?.querySelector<HTMLElement>('[data-focus]') ?? current?.querySelector('h2'))?.focus();
    return () => {
      isGone.current = true;
      current?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const close = (): void => {
    if (!isGone.current) dialog.set(null);
  };
  return (
    <dialog
      ref={element}
      class={`modal ${rest.class ?? ''}`}
      aria-labelledby={titleId}
      onClose={close}
      onCancel={close}
      onClick={(event) => event.target === element.current && close()}
    >
      <div class="modal-content">
        <header class="modal-header">
          <h2 id={titleId} tabIndex={-1}>
            {title}
          </h2>
          <IconButton icon="close" label={t('app.close')} onClick={close} />
        </header>
        {children}
      </div>
    </dialog>
  );
};
