import { session } from '../state/session.js';
import { useWatchable } from '../state/use-watchable.js';
import { language } from '../text/translate.js';
import { SessionContext } from './session-context.js';
import { Shell } from './shell.js';
import { Sign } from './sign.js';

/** A new language or account renders everything anew. */
export const App = () => {
  const current = useWatchable(session);
  const spoken = useWatchable(language);
  if (current === null) return <Sign key={spoken} />;
  return (
    <SessionContext.Provider value={current}>
      <Shell key={`${current.me.id} ${spoken}`} />
    </SessionContext.Provider>
  );
};
