import type { LiveChannel, Message } from '@parley/client';
import { useEffect, useState } from 'preact/hooks';
import { tellError } from '../text/plain-words.js';
import { t } from '../text/translate.js';
import { MessageCard } from './message-card.js';
import { PanelFrame } from './panel.js';

interface PinsPanelProps {
  readonly channel: LiveChannel;
  readonly onShow: (messageId: string) => void;
}

/** The pinned messages, loaded again whenever one is pinned, unpinned or changed. */
const usePins = (channel: LiveChannel): readonly Message[] | null => {
  const [pins, setPins] = useState<readonly Message[] | null>(null);
  useEffect(() => {
    const ending = new AbortController();
    const load = (): void => void channel.pins({ signal: ending.signal }).then(setPins, tellError);
    load();
    const stop = channel.onEntry(({ kind }) => {
      if (kind === 'message.pinned' || kind === 'message.unpinned' || kind === 'message.deleted') load();
    });
    return () => {
      stop();
      ending.abort();
    };
  }, [channel]);
  return pins;
};

export const PinsPanel = ({ channel, onShow }: PinsPanelProps) => {
  const pins = usePins(channel);
  return (
    <PanelFrame title={t('channel.pins')}>
      <div class="panel-scroll">
        {pins?.length === 0 && <p class="panel-empty">{t('pins.empty')}</p>}
        <ul class="cards">
          {pins?.map((message) => (
            <MessageCard key={message.id} message={message} ownNames={[]} onOpen={() => onShow(message.id)} />
          ))}
        </ul>
      </div>
    </PanelFrame>
  );
};
