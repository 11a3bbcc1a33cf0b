import type { ChannelInfo, LiveChannel } from '@parley/client';
import { MembersPanel } from '../panel/members-panel.js';
import { PinsPanel } from '../panel/pins-panel.js';
import { ThreadPanel } from '../panel/thread-panel.js';
import type { Panel } from '../state/route.js';

interface PanelViewProps {
  readonly panel: Panel;
  readonly channel: LiveChannel;
  readonly info: ChannelInfo | null;
  readonly isModerator: boolean;
  readonly onShow: (messageId: string) => void;
}

export const PanelView = ({ panel, channel, info, isModerator, onShow }: PanelViewProps) => {
  switch (panel.name) {
    case 'thread':
      return (
        <ThreadPanel
          key={panel.rootId}
          channel={channel}
          rootId={panel.rootId}
          isModerator={isModerator}
          onShow={onShow}
        />
      );
    case 'pins':
      return <PinsPanel channel={channel} onShow={onShow} />;
    case 'members':
      return <MembersPanel channel={channel} info={info} isModerator={isModerator} />;
  }
};
