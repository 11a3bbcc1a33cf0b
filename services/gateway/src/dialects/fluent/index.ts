import { detailOf } from '../shared/fastapi-errors.js';
import type { Dialect } from '../../protocol/dialect.js';
import { documents } from './documents.js';
import { routes } from './rest.js';
import { socket } from './socket.js';
import { wording } from './errors.js';

/** The settings of this dialect that an operator can change (config.ts). */
export interface FluentSettings {
  /** Whether both lists of users are available without a token, as the app requests them. */
  readonly openDirectory: boolean;
}

/** The dialect of the "Fluent Backend": messages between two accounts, encrypted by their app for each of them. */
export const fluent = ({ openDirectory }: FluentSettings = { openDirectory: true }): Dialect => ({
  name: 'fluent',
  routes: (deps) => routes(deps, openDirectory),
  renderFault: (fault) => detailOf(fault, wording),
  socket,
  documents,
});
