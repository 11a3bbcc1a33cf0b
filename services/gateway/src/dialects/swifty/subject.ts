/** What an answer needs from the frame that it answers. */
export type Subject =
  { readonly msgid: string; readonly to: string } | { readonly msgid: string; readonly topic_id: string };

/** The request id of a frame of this dialect, which has none of its own. */
export const requestIdOf = (subject: Subject): string => JSON.stringify(subject);

export const subjectOf = (requestId: unknown): Subject | null =>
  typeof requestId === 'string' ? (JSON.parse(requestId) as Subject) : null;
