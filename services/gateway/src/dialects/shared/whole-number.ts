import { bounded } from '@parley/contracts';
import { z } from 'zod';
import { documentedAs } from '../../protocol/documents.js';

const characters = 32;
const spelled = /^\s*[+-]?\d{1,20}(?:\.0{1,8})?\s*$/;

/** A whole number, or its digits as text: the models of the old servers (pydantic in lax mode) accepted both for every integer. */
export const WholeNumber = documentedAs(
  z.union([z.int(), bounded(characters).regex(spelled).transform(Number)], 'Input should be a valid integer'),
  { type: 'integer' },
);
