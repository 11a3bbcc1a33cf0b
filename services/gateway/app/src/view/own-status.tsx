import type { OwnPresence } from '@parley/client';
import { dialog } from '../state/dialogs.js';
import { useWatchable } from '../state/use-watchable.js';
import { tellError } from '../text/plain-words.js';
import { t } from '../text/translate.js';
import { Avatar, PresenceDot } from './avatar.js';
import { IconButton } from './icon-button.js';
import { useClient, useConnection, useMe } from './session-context.js';

const states: readonly OwnPresence[] = ['online', 'away', 'invisible'];

/** Who is signed in, what others see of that, and the settings. */
export const OwnStatus = () => {
  const { presence } = useClient();
  const me = useMe();
  const chosen = useWatchable(presence.own);
  const isOpen = useConnection().name === 'open';
  return (
    <footer class="own-status">
      <Avatar id={me.id} name={me.name} size="small" />
      <div class="own-names">
        <span class="own-name">{me.name}</span>
        <label class="own-state">
          {/* The name of the field, and what is chosen, say it. */}
          <span class="own-dot" aria-hidden="true">
            <PresenceDot state={isOpen ? chosen : 'offline'} />
          </span>
          <span class="visually-hidden">{t('presence.label')}</span>
          <select
            value={chosen}
            onChange={({ currentTarget }) => void presence.set(currentTarget.value as OwnPresence).catch(tellError)}
          >
            {states.map((state) => (
              <option key={state} value={state}>
                {t(`presence.${state}`)}
              </option>
            ))}
          </select>
        </label>
      </div>
      <IconButton icon="gear" label={t('settings.title')} onClick={() => dialog.set({ name: 'settings' })} />
    </footer>
  );
};
