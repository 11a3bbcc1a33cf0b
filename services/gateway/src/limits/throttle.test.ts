import { describe } from 'vitest';
import { createThrottle } from './throttle.js';
import { throttleCases } from './throttle.suite.js';

describe('in process', () => throttleCases((limits) => createThrottle(null, limits)));
