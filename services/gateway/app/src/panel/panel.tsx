import type { ComponentChildren } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef } from 'preact/hooks';
import { openPanel } from '../state/route.js';
import { t } from '../text/translate.js';
import { IconButton } from '../view/icon-button.js';

interface PanelProps {
  readonly title: string;
  readonly subtitle?: string;
  readonly children: ComponentChildren;
}

/** What is beside a conversation; on a small screen above it. */
export const PanelFrame = ({ title, subtitle, children }: PanelProps) => {
  const titleId = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  // Before a message box inside takes the focus.
  useLayoutEffect(() => {
    const before = document.activeElement;
    return () => {
      const isThere = before instanceof HTMLElement && before !== document.body && before.isConnected;
      const next = isThere ? before : document.querySelector<HTMLElement>('.conversation h1');
      next?.focus();
    };
  }, []);
  useEffect(() => {
    if (heading.current?.closest('aside')?.contains(document.activeElement) !== true) heading.current?.focus();
  }, []);
  return (
    <aside class="panel" aria-labelledby={titleId}>
      <header class="panel-header">
        <IconButton class="back" icon="back" label={t('app.back')} onClick={() => openPanel(null)} />
        <div class="titles">
          <h2 id={titleId} ref={heading} tabIndex={-1}>
            {title}
          </h2>
          {subtitle !== undefined && <p class="subtitle">{subtitle}</p>}
        </div>
        <IconButton class="close-panel" icon="close" label={t('app.close')} onClick={() => openPanel(null)} />
      </header>
      {children}
    </aside>
  );
};
