// The rules of this repository for the linter; docs/architecture.md lists them.
import type { ESLint } from 'eslint';
import { environmentRule, timeOfDayRule } from './clock-rules.js';
import { dependenciesRule } from './dependency-rule.js';
import { importsRule, noCircleRule } from './import-rules.js';
import { namesRule, noDefaultExportRule, vocabularyRule } from './name-rules.js';

export const house: ESLint.Plugin = {
  rules: {
    dependencies: dependenciesRule,
    imports: importsRule,
    'no-circle': noCircleRule,
    'time-of-day': timeOfDayRule,
    environment: environmentRule,
    vocabulary: vocabularyRule,
    names: namesRule,
    'no-default-export': noDefaultExportRule,
  },
};
