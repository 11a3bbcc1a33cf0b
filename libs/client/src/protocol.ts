import type { components } from './protocol.generated.js';

/** The named schemas of v1. */
export type Schemas = components['schemas'];

/** The methods of the socket: parameters and result by name. */
export type Methods = Schemas['Methods'];
/** The name of a method of the socket. */
export type MethodName = keyof Methods;
export type Params<Name extends MethodName> = Methods[Name]['params'];
/** What a method of the socket resolves with. */
export type Result<Name extends MethodName> = Methods[Name]['result'];

/** The notifications of the socket: parameters by name. */
export type Notifications = Schemas['Notifications'];
