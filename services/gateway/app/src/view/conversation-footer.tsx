import type { ChannelInfo, LiveChannel } from '@parley/client';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useWatchable } from '../state/use-watchable.js';
import { tellError } from '../text/plain-words.js';
import { t } from '../text/translate.js';
import { useChannels } from './use-channels.js';
import { useClient } from './session-context.js';

interface FooterProps {
  readonly channel: LiveChannel;
  readonly info: ChannelInfo | null;
  readonly children: ComponentChildren;
}

/** The message box, or why there is none. */
export const Footer = ({ channel, info, children }: FooterProps) => {
  const { rest, channels } = useClient();
  const list = useChannels();
  const status = useWatchable(channel.status);
  const [isBusy, setBusy] = useState(false);
  if (info !== null && info.closedAt !== null) return <p class="footer-note">{t('channel.closed')}</p>;
  const isMember = info === null || info.kind === 'direct' || list.some(({ id }) => id === channel.id);
  if (isMember || status.name !== 'live') return <>{children}</>;
  const join = async (): Promise<void> => {
    setBusy(true);
    try {
      await rest.join(channel.id);
      await channels.refresh();
    } catch (error) {
      tellError(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="footer-note">
      <p>{t('channel.joinHint')}</p>
      <button type="button" class="primary" disabled={isBusy} onClick={() => void join()}>
        {t('channel.join')}
      </button>
    </div>
  );
};
