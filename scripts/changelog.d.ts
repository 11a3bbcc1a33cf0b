interface Changeset {
  readonly type: string;
  readonly summary: string;
}

export function versionsIn(changelog: string): readonly string[];
export function sectionOf(changelog: string, version: string): string | undefined;
export function withSection(changelog: string, version: string, changesets: readonly Changeset[]): string;
