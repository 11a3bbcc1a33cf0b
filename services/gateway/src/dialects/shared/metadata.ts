import { Metadata } from '@parley/contracts';
import { documentedAs } from '../../protocol/documents.js';

/** `Metadata` for documents, where its limits are words. */
export const MetadataObject = documentedAs(Metadata, {
  type: 'object',
  additionalProperties: true,
  description: 'At most 4,096 bytes as JSON and 32 levels deep',
});
