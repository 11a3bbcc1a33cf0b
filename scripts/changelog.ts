// Reads and writes CHANGELOG.md, whose sections begin with `## <version>`, newest first.

export const changeTypes = ['major', 'minor', 'patch'] as const;

export interface Changeset {
  readonly type: (typeof changeTypes)[number];
  readonly summary: string;
}

const headings = /^## (.+)$/gm;

/** The versions of the changelog, newest first. */
export const versionsIn = (changelog: string): string[] =>
  [...changelog.matchAll(headings)].map(([, version = '']) => version);

/** The section of a version without its heading; undefined when there is none. */
export const sectionOf = (changelog: string, version: string): string | undefined => {
  const starts = [...changelog.matchAll(headings)];
  const at = starts.findIndex(([, name]) => name === version);
  const start = starts[at];
  if (start === undefined) return undefined;
  return changelog.slice(start.index + start[0].length, starts[at + 1]?.index).trim();
};

/** The changelog with a section for `version` before all others: a list item for each changeset, the larger first. */
export const withSection = (changelog: string, version: string, changesets: readonly Changeset[]): string => {
  const sorted = changesets.toSorted((a, b) => changeTypes.indexOf(a.type) - changeTypes.indexOf(b.type));
  const items = sorted.map(({ summary }) => `- ${summary.trim().replaceAll('\n', '\n  ')}`);
  const at = changelog.search(/^## /m);
  const [before, after] = at === -1 ? [changelog, ''] : [changelog.slice(0, at), changelog.slice(at)];
  return `${before}## ${version}\n\n${items.join('\n')}\n\n${after}`;
};
