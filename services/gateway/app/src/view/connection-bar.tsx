import { useEffect, useState } from 'preact/hooks';
import { t } from '../text/translate.js';
import { useConnection } from './session-context.js';

/** A short interruption is no news. */
const quietMs = 2_500;

/** Says that there is no connection, once it has been missing for a while. */
export const ConnectionBar = () => {
  const { name } = useConnection();
  const isOpen = name === 'open';
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    if (isOpen) return setShown(false);
    const timer = setTimeout(() => setShown(true), quietMs);
    return () => clearTimeout(timer);
  }, [isOpen]);
  return (
    <div class="connection" role="status" data-state={name}>
      {isShown && <p>{t(name === 'connecting' ? 'net.connecting' : 'net.offline')}</p>}
    </div>
  );
};
