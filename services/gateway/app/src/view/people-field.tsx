import type { Account } from '@parley/client';
import { useState } from 'preact/hooks';
import { t } from '../text/translate.js';
import { Avatar } from './avatar.js';
import { OptionField } from './option-field.js';
import { usePeopleSearch } from './use-people-search.js';

export const PersonOption = ({ account }: { account: Pick<Account, 'id' | 'name' | 'username'> }) => (
  <>
    <Avatar id={account.id} name={account.name} size="small" />
    <span class="option-name">{account.name}</span>
    {account.username !== null && <span class="hint">@{account.username}</span>}
  </>
);

interface PeopleFieldProps {
  readonly label: string;
  /** Ids of accounts that are not offered. */
  readonly exclude: readonly string[];
  readonly isDisabled?: boolean;
  readonly onPick: (account: Account) => void;
}

/** Finds accounts by their user names and display names. */
export const PeopleField = ({ label, exclude, isDisabled = false, onPick }: PeopleFieldProps) => {
  const [text, setText] = useState('');
  const found = usePeopleSearch(text) ?? [];
  const options = found
    .filter(({ id }) => !exclude.includes(id))
    .map((account) => ({
      id: account.id,
      group: t('find.people'),
      content: <PersonOption account={account} />,
      pick: () => {
        setText('');
        onPick(account);
      },
    }));
  return <OptionField label={label} value={text} options={options} isDisabled={isDisabled} onInput={setText} />;
};
