import { t } from '../text/translate.js';
import { Avatar } from '../view/avatar.js';
import type { Candidate } from './completion.js';

interface MentionListProps {
  readonly id: string;
  readonly candidates: readonly Candidate[];
  readonly chosen: number;
  readonly onPick: (candidate: Candidate) => void;
}

/** The names that complete a mention; the message box names the chosen one as its active descendant. */
export const MentionList = ({ id, candidates, chosen, onPick }: MentionListProps) => (
  <ul class="mention-list" id={id} role="listbox" aria-label={t('composer.mentions')}>
    {candidates.map((candidate, at) => (
      <li
        key={candidate.id}
        id={`${id}-${at}`}
        role="option"
        aria-selected={at === chosen}
        // The message box keeps the focus.
        onPointerDown={(event) => {
          event.preventDefault();
          onPick(candidate);
        }}
      >
        <Avatar id={candidate.id} name={candidate.name} size="small" />
        <span class="option-name">{candidate.name}</span>
        <span class="hint">@{candidate.handle}</span>
      </li>
    ))}
  </ul>
);
