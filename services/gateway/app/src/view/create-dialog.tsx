import type { Account } from '@parley/client';
import { useId, useState } from 'preact/hooks';
import { dialog } from '../state/dialogs.js';
import { openChannel } from '../state/route.js';
import { sentenceFor } from '../text/plain-words.js';
import { type PlainKey, t } from '../text/translate.js';
import { Icon } from './icons.js';
import { IconButton } from './icon-button.js';
import { Modal } from './modal.js';
import { PeopleField } from './people-field.js';
import { useClient, useMe } from './session-context.js';

const kinds = ['room', 'group'] as const;
type Kind = (typeof kinds)[number];

const KindChoice = ({ kind, onChange }: { kind: Kind; onChange: (kind: Kind) => void }) => (
  <fieldset class="choices">
    <legend>{t('create.kind')}</legend>
    {kinds.map((each) => (
      <label key={each} class="choice">
        <input type="radio" name="kind" value={each} checked={kind === each} onChange={() => onChange(each)} />
        <Icon name={each === 'group' ? 'lock' : 'hash'} size={18} />
        <span>
          <b>{t(`create.${each}`)}</b>
          <span class="hint">{t(each === 'group' ? 'create.groupHint' : 'create.roomHint')}</span>
        </span>
      </label>
    ))}
  </fieldset>
);

const People = ({
  people,
  onChange,
}: {
  people: readonly Account[];
  onChange: (people: readonly Account[]) => void;
}) => {
  const me = useMe();
  return (
    <div class="people">
      <PeopleField
        label={t('create.peopleField')}
        exclude={[me.id, ...people.map(({ id }) => id)]}
        onPick={(account) => onChange([...people, account])}
      />
      {people.length > 0 && (
        <ul class="chips" aria-label={t('create.people')}>
          {people.map((account) => (
            <li key={account.id} class="chip">
              {account.name}
              <IconButton
                icon="close"
                label={t('create.remove', { name: account.name })}
                onClick={() => onChange(people.filter(({ id }) => id !== account.id))}
              />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
};

export const CreateDialog = () => {
  const { rest, channels } = useClient();
  const [kind, setKind] = useState<Kind>('room');
  const [title, setTitle] = useState('');
  const [people, setPeople] = useState<readonly Account[]>([]);
  const [problem, setProblem] = useState<PlainKey | null>(null);
  const [isBusy, setBusy] = useState(false);
  const id = useId();
  const create = async (): Promise<void> => {
    if (title.trim() === '') return setProblem('error.titleMissing');
    setBusy(true);
    try {
      const memberIds = people.map((account) => account.id);
      const channel = await rest.createChannel({
        kind,
        title: title.trim(),
        ...(memberIds.length > 0 && { memberIds }),
      });
      await channels.refresh().catch(() => undefined);
      dialog.set(null);
      openChannel(channel.id);
    } catch (error) {
      setProblem(sentenceFor(error));
      setBusy(false);
    }
  };
  return (
    <Modal title={t('create.title')}>
      <form
        class="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
      >
        <KindChoice kind={kind} onChange={setKind} />
        <div class="field">
          <label for={id}>{t('create.name')}</label>
          <input
            id={id}
            value={title}
            maxLength={255}
            data-focus
            onInput={({ currentTarget }) => setTitle(currentTarget.value)}
          />
        </div>
        <People people={people} onChange={setPeople} />
        <p class="error" role="alert">
          {problem !== null && t(problem)}
        </p>
        <div class="buttons">
          <button type="button" class="quiet" onClick={() => dialog.set(null)}>
            {t('app.cancel')}
          </button>
          <button type="submit" class="primary" disabled={isBusy}>
            {t('create.submit')}
          </button>
        </div>
      </form>
    </Modal>
  );
};
