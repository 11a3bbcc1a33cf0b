import { detailOf } from '../shared/fastapi-errors.js';
import type { Dialect } from '../../protocol/dialect.js';
import { documents } from './documents.js';
import { routes } from './rest.js';
import { socket } from './socket.js';
import { wording } from './errors.js';

/** The settings of this dialect that an operator can change (config.ts). */
export interface MeshSettings {
  /** Whether anybody who knows an organization's number may join it, unless its creator chooses otherwise. */
  readonly openOrganizations: boolean;
}

/** The dialect of "Signaling Server API": organizations with virtual addresses, whose agents find each other. */
export const mesh = ({ openOrganizations }: MeshSettings = { openOrganizations: true }): Dialect => ({
  name: 'mesh',
  routes: (deps) => routes(deps, openOrganizations),
  renderFault: (fault) => detailOf(fault, wording),
  socket,
  documents,
});
