// Where the time of day and the environment are read.
import type { Rule } from 'eslint';
import type { MemberExpression } from 'estree';
import { anyOf, isTest, matching, pathOf, under } from './source-paths.js';

/** Where the time of day is read, and why; everything else measures durations, with `performance.now()`. */
const readsTimeOfDay = new Map([
  ['libs/bus/src/headers.ts', 'the deadline header of 0.1.0 is a time of day'],
  ['libs/runtime/src/metrics.ts', 'a gauge shows this clock to the operator'],
  ['services/chat/src/store/group-span.ts', 'spans have times of day'],
  ['services/chat/src/store/group-committer.ts', 'spans have times of day'],
  ['services/chat/src/store/message-ids.ts', 'ids begin with it, which only keeps them together in an index'],
  ['services/gateway/src/authentication/issuer-clock.ts', 'until auth has said its time'],
  ['services/gateway/src/dialects/selector.ts', 'a frame shows it to a person'],
  ['services/gateway/src/dialects/swifty/offline-queue.ts', 'what chat of 0.1.0 is asked with'],
  ['libs/testing/src/in-one-process.ts', 'a test moves the time of day'],
  ['services/gateway/src/dialects/swifty/shapes.ts', 'a frame shows it to a person'],
]);

const environmentAllowed = anyOf(
  matching(/\/src\/((sample-data|migrate)\/)?main\.ts$/),
  under('libs/testing/', 'bench/', 'scripts/', 'test/', 'deploy/', 'k8s/'),
  matching(/\.(test|suite)\.ts$|\/src\/testing\//),
  matching(/^(vitest|eslint)\.config\./),
);

/** `object.property` of these very names. */
const isMember = ({ object, property }: MemberExpression, objectName: string, propertyName: string): boolean =>
  object.type === 'Identifier' &&
  object.name === objectName &&
  property.type === 'Identifier' &&
  property.name === propertyName;

export const timeOfDayRule: Rule.RuleModule = {
  create(context) {
    const file = pathOf(context.filename);
    const allowed = !/^((libs|services)\/[^/]+|importer)\/src\//.test(file) || isTest(file) || readsTimeOfDay.has(file);
    const message = 'A clock of a host may step: performance.now() measures, deadlineIn() waits';
    return {
      MemberExpression(node) {
        if (!allowed && isMember(node, 'Date', 'now')) context.report({ node, message });
      },
    };
  },
};

export const environmentRule: Rule.RuleModule = {
  create(context) {
    const allowed = environmentAllowed(pathOf(context.filename));
    const message = 'The environment is read in main.ts and handed on';
    return {
      MemberExpression(node) {
        if (!allowed && isMember(node, 'process', 'env')) context.report({ node, message });
      },
    };
  },
};
