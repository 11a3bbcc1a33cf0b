// Reads and writes CHANGELOG.md, whose sections begin with `## <version>`, newest first.

const headings = /^## (.+)$/gm;

/** The versions of the changelog, newest first. */
export const versionsIn = (changelog) => [...changelog.matchAll(headings)].map(([, version]) => version);

/** The section of a version without its heading; undefined when there is none. */
export const sectionOf = (changelog, version) => {
  const starts = [...changelog.matchAll(headings)];
  const at = starts.findIndex(([, name]) => name === version);
  if (at === -1) return undefined;
  const from = starts[at].index + starts[at][0].length;
  return changelog.slice(from, starts[at + 1]?.index).trim();
};

const order = ['major', 'minor', 'patch'];

/** The changelog with a section for `version` before all others: a list item for each changeset (`{ type, summary }`), the larger first. */
export const withSection = (changelog, version, changesets) => {
  const sorted = changesets.toSorted((a, b) => order.indexOf(a.type) - order.indexOf(b.type));
  const items = sorted.map(({ summary }) => `- ${summary.trim().replaceAll('\n', '\n  ')}`);
  const at = changelog.search(/^## /m);
  const [before, after] = at === -1 ? [changelog, ''] : [changelog.slice(0, at), changelog.slice(at)];
  return `${before}## ${version}\n\n${items.join('\n')}\n\n${after}`;
};
