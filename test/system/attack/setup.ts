import type { Stack } from '@parley/testing';
import type { GatewayWatch } from './gateways.js';

/** Rows of a query, as they are. */
export type Sql = <Row>(text: string, parameters?: readonly unknown[]) => Promise<Row[]>;

/** What an attack is made against: a stack with two of everything. */
export interface Setup {
  readonly stack: Stack;
  readonly url: string;
  /** Of the other gateway. */
  readonly otherUrl: string;
  readonly gateways: GatewayWatch;
  readonly sql: Sql;
}

export type Attack = (setup: Setup) => Promise<void>;
