import type { Mount } from '../dialects/registry.js';
import type { Json, Named } from './schemas.js';

/** What the documents say of the server itself. */
export const infoOf = (description: string, version: string): Json => ({
  title: 'Parley',
  version,
  description,
  contact: { name: 'The operator of this server' },
  license: { name: 'MIT', identifier: 'MIT' },
});

const capitalized = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** v1 is the main dialect of a document of several: its names have no prefix. */
export const namedOf = ({ dialect }: Pick<Mount, 'dialect'>): Named => ({
  documents: dialect.documents,
  prefix: dialect.name === 'v1' ? '' : capitalized(dialect.name),
});

/** The name of an operation in a document of several dialects: `sendMessage`, `roomsListMessages`. */
export const operationIdOf = ({ dialect }: Pick<Mount, 'dialect'>, operationId: string): string =>
  dialect.name === 'v1' ? operationId : dialect.name + capitalized(operationId);
