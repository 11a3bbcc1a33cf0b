/** A word that begins with `@` and ends at the caret. */
export interface MentionQuery {
  /** Where the `@` is. */
  readonly start: number;
  /** What follows it, lower case. */
  readonly text: string;
}

const lengthMax = 32;

/** The mention that is being written at the caret; null: none. */
export const mentionAt = (value: string, caret: number): MentionQuery | null => {
  const before = value.slice(Math.max(0, caret - lengthMax - 2), caret);
  const at = before.lastIndexOf('@');
  if (at === -1) return null;
  const text = before.slice(at + 1);
  const previous = before[at - 1];
  if (
    text.length > lengthMax ||
    /[^\p{L}\p{N}._-]/u.test(text) ||
    (previous !== undefined && /[\p{L}\p{N}_]/u.test(previous))
  )
    return null;
  return { start: caret - text.length - 1, text: text.toLowerCase() };
};

/** The text with the mention completed, and where the caret is then. */
export const completeMention = (
  value: string,
  query: MentionQuery,
  caret: number,
  handle: string,
): { readonly value: string; readonly caret: number } => {
  const inserted = `@${handle} `;
  const rest = value.slice(caret).replace(/^ /, '');
  return { value: value.slice(0, query.start) + inserted + rest, caret: query.start + inserted.length };
};

export interface Candidate {
  readonly id: string;
  readonly name: string;
  readonly handle: string;
}

/**
 * Candidates whose handle begins with the text, or a word of whose name does, and after them those that contain it elsewhere. At most `max`.
 */
export const matching = (candidates: readonly Candidate[], text: string, max = 6): readonly Candidate[] => {
  const rankOf = ({ name, handle }: Candidate): number => {
    const [lowHandle, lowName] = [handle.toLowerCase(), name.toLowerCase()];
    if (lowHandle.startsWith(text)) return 0;
    if (lowName.split(/[\s-]/).some((word) => word.startsWith(text))) return 1;
    return lowHandle.includes(text) || lowName.includes(text) ? 2 : 3;
  };
  const ranks = new Map(candidates.map((each) => [each, rankOf(each)]));
  return candidates
    .filter((each) => ranks.get(each) !== 3)
    .sort((a, b) => (ranks.get(a) ?? 3) - (ranks.get(b) ?? 3))
    .slice(0, max);
};
