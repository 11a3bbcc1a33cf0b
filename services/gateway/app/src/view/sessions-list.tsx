import type { Schemas } from '@parley/client';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { notify } from '../state/dialogs.js';
import { sentenceFor, tellError } from '../text/plain-words.js';
import { shortTime } from '../text/times.js';
import { type PlainKey, t, tn } from '../text/translate.js';
import { Problem } from './form-parts.js';
import { useClient } from './session-context.js';

type Session = Schemas['Session'];

/** The newest ones, until all are wanted. */
const shownMax = 4;

const SessionRow = ({ session, onEnd }: { session: Session; onEnd: () => void }) => {
  const since = t('sessions.since', { time: shortTime(session.createdAt) });
  return (
    <li class="session">
      <span>
        <b>
          {session.current ? t('sessions.current') : session.dialect === 'v1' ? t('sessions.app') : session.dialect}
        </b>
        <span class="hint">
          {since} · {t('sessions.used', { time: shortTime(session.refreshedAt) })}
        </span>
      </span>
      {!session.current && (
        <button type="button" class="link" aria-label={`${t('sessions.end')}: ${since}`} onClick={onEnd}>
          {t('sessions.end')}
        </button>
      )}
    </li>
  );
};

/** Where the account is signed in, and the ways to end that. */
export const SessionsList = () => {
  const { rest } = useClient();
  const [sessions, setSessions] = useState<readonly Session[] | null>(null);
  const [isAll, setAll] = useState(false);
  const [problem, setProblem] = useState<PlainKey | null>(null);
  const load = useCallback(async (): Promise<void> => {
    try {
      setSessions((await rest.sessions()).sessions);
      setProblem(null);
    } catch (error) {
      setProblem(sentenceFor(error));
    }
  }, [rest]);
  useEffect(() => void load(), [load]);
  const endOthers = async (): Promise<void> => {
    const { ended } = await rest.endOtherSessions();
    notify(tn('sessions.ended', ended), 'done');
    await load();
  };
  const shown = isAll ? sessions : sessions?.slice(0, shownMax);
  const others = sessions?.filter(({ current }) => !current).length ?? 0;
  return (
    <section class="sessions">
      <h3>{t('sessions.title')}</h3>
      <Problem problem={problem} />
      {sessions === null && problem === null && <p class="hint">{t('app.loading')}</p>}
      <ul>
        {shown?.map((session) => (
          <SessionRow
            key={session.id}
            session={session}
            onEnd={() => void rest.endSession(session.id).then(load).catch(tellError)}
          />
        ))}
      </ul>
      {shown?.length !== sessions?.length && (
        <button type="button" class="link" onClick={() => setAll(true)}>
          {t('nav.loadMore')}
        </button>
      )}
      {others > 0 && (
        <button type="button" class="quiet danger" onClick={() => void endOthers().catch(tellError)}>
          {t('sessions.endOthers')}
        </button>
      )}
    </section>
  );
};
