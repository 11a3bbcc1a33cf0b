import { detailOf } from '../shared/fastapi-errors.js';
import type { Dialect } from '../../protocol/dialect.js';
import { routes } from './rest.js';
import { socket } from './socket.js';
import { wording } from './errors.js';

/** What an operator may set about this wire (config.ts). */
export interface FluentSettings {
  /** Whether both lists of users are shown without a token, as the app asks for them. */
  readonly openDirectory: boolean;
}

/** The wire of the "Fluent Backend": messages between two, encrypted by their app for each of them. */
export const fluent = ({ openDirectory }: FluentSettings = { openDirectory: true }): Dialect => ({
  name: 'fluent',
  routes: (deps) => routes(deps, openDirectory),
  renderFault: (fault) => detailOf(fault, wording),
  socket,
});
