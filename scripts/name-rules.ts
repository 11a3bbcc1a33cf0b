// What files and identifiers are called.
import { posix } from 'node:path';
import type { Rule } from 'eslint';
import { pathOf } from './source-paths.js';

/** Words that had a meaning of our own, and the term of docs/vocabulary.md that took their place. */
const replacedWords = new Map([
  ['choosy', 'filtered'],
  ['displaced', 'superseded'],
  ['door', 'endpoint, upgrade'],
  ['ear', 'listener'],
  ['fact', 'event'],
  ['grossly', 'flooding'],
  ['ground', 'each part takes what it needs'],
  ['guest', 'member'],
  ['heard', 'received'],
  ['hearer', 'subscriber'],
  ['keeper', 'tracker, store'],
  ['lane', 'queue'],
  ['mouth', 'speaker'],
  ['stage', 'setup'],
  ['turnstile', 'limiter'],
  ['unproven', 'unauthenticated'],
]);

/** The first replaced word in a camel-case name. */
const replacedWordIn = (name: string): string | undefined =>
  name
    .split(/(?<=[a-z0-9])(?=[A-Z])|_/)
    .map((word) => word.toLowerCase().replace(/s$/, ''))
    .find((word) => replacedWords.has(word));

export const vocabularyRule: Rule.RuleModule = {
  create(context) {
    const file = pathOf(context.filename);
    // Metrics keep the label `fact`, which dashboards name.
    if (!/^(libs|services|importer|test|bench|scripts|k8s)\//.test(file) || file === 'libs/process/src/observe.ts')
      return {};
    return {
      Identifier(node) {
        const word = replacedWordIn(node.name);
        if (word === undefined) return;
        context.report({ node, message: `${node.name}: ${replacedWords.get(word)} (docs/vocabulary.md)` });
      },
    };
  },
};

export const namesRule: Rule.RuleModule = {
  create(context) {
    const file = pathOf(context.filename);
    const name = posix.basename(file);
    return {
      Program(node) {
        if (/^(utils?|helpers?|common|misc)\./.test(name) || /(^|\/)(utils|helpers|common|misc)\//.test(file))
          context.report({ node, message: 'A file is named after what it does' });
        if (!/^(\d{4}_)?[a-z0-9]+([-.][a-z0-9]+)*\.(tsx?|js)$/.test(name))
          context.report({ node, message: 'Files are kebab-case' });
      },
    };
  },
};

export const noDefaultExportRule: Rule.RuleModule = {
  create(context) {
    const file = pathOf(context.filename);
    const configuration =
      /^(k8s\/)?[a-z]+\.config\.(js|ts)$/.test(file) ||
      ['libs/testing/src/global-setup.ts', 'test/journeys/start-platforms.ts'].includes(file);
    return {
      ExportDefaultDeclaration(node) {
        if (!configuration) context.report({ node, message: 'Exports have names' });
      },
    };
  },
};
