// Where a list of messages is scrolled to when it changes. Numbers are pixels.

export interface Viewport {
  readonly scrollTop: number;
  readonly scrollHeight: number;
  readonly clientHeight: number;
}

/** This close to the end counts as the end. */
const endTolerance = 48;
/** How far from an edge the next page is asked for, in heights of the viewport. */
const aheadFactor = 1.5;

export const isAtEnd = ({ scrollTop, scrollHeight, clientHeight }: Viewport): boolean =>
  scrollHeight - scrollTop - clientHeight <= endTolerance;

/** A row, and how far its upper edge is below that of the viewport. */
export interface Anchor {
  readonly key: string;
  readonly offset: number;
}

export interface MeasuredRow {
  readonly key: string;
  readonly top: number;
  readonly bottom: number;
  /** Of the message; null when it is not stored yet. */
  readonly sequence: number | null;
}

/** The first row that is in sight; null when none is. `top` and `bottom` are relative to the viewport. */
export const anchorOf = (rows: readonly MeasuredRow[]): Anchor | null => {
  const row = rows.find(({ bottom }) => bottom > 0);
  return row === undefined ? null : { key: row.key, offset: row.top };
};

/** The sequence of the last message that is in sight to its end, or of the last one at the end; null: there is none. */
export const lastInSight = (rows: readonly MeasuredRow[], height: number, isEnd: boolean): number | null =>
  rows.findLast(({ bottom, sequence }) => sequence !== null && (isEnd || bottom <= height + 1))?.sequence ?? null;

/** Where to scroll so that the anchor stays where it was; null: leave it. `now`: where the anchor is after the change; null: it is gone. */
export const keepPlace = (viewport: Viewport, anchor: Anchor | null, now: number | null): number | null =>
  anchor === null || now === null || now === anchor.offset ? null : viewport.scrollTop + now - anchor.offset;

export interface Edges {
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
  readonly isLoading: boolean;
}

/** Which page to ask for: the one beyond an edge that is near. */
export const wantedPage = (
  viewport: Viewport,
  { hasBefore, hasAfter, isLoading }: Edges,
): 'before' | 'after' | null => {
  if (isLoading) return null;
  const ahead = viewport.clientHeight * aheadFactor;
  if (hasAfter && viewport.scrollHeight - viewport.scrollTop - viewport.clientHeight < ahead) return 'after';
  return hasBefore && viewport.scrollTop < ahead ? 'before' : null;
};
