import { describe } from 'vitest';
import { presenceCases } from './presence.case.js';
import { presenceInProcess } from './presence.js';

describe('presence in one process', () => presenceCases(presenceInProcess));
