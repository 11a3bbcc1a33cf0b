import type { z } from 'zod';

type Schema = z.ZodObject | z.ZodPipe<z.ZodObject>;

type Names =
  | 'BusVariables'
  | 'ServiceVariables'
  | 'AuthConfig'
  | 'TopicsConfig'
  | 'ChatConfig'
  | 'SignalingConfig'
  | 'MigrationVariables'
  | 'GatewayConfig'
  | 'StandaloneConfig';

interface Section {
  readonly name: string;
  readonly schema: Schema;
  readonly differs?: boolean;
}

export function sectionsOf(schemas: Readonly<Record<Names, z.ZodType>>): readonly Section[];
export function writeTables(markdown: string, sections: readonly Section[]): string;
