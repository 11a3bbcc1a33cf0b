import { notice } from '../state/dialogs.js';
import { useWatchable } from '../state/use-watchable.js';
import { t } from '../text/translate.js';
import { IconButton } from './icon-button.js';

export const Notice = () => {
  const current = useWatchable(notice);
  return (
    <div class="notice-place" role={current?.kind === 'error' ? 'alert' : 'status'}>
      {current !== null && (
        <div class={`notice ${current.kind}`}>
          <span>{current.text}</span>
          <IconButton icon="close" label={t('app.close')} onClick={() => notice.set(null)} />
        </div>
      )}
    </div>
  );
};
