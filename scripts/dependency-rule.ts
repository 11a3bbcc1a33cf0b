// A function takes at most eight dependencies in one object: one with more does, or composes, too much.
import type { Rule } from 'eslint';
import type { Function as FunctionNode, Pattern } from 'estree';
import type { Node, Program, Type } from 'typescript';

const dependenciesMax = 8;

/** What `@typescript-eslint/parser` adds where it has types. */
interface ParserServices {
  readonly program?: Program | null;
  readonly esTreeNodeToTSNodeMap?: { get(node: object): Node };
}

/** A parameter of a constructor may be a property too, which ESTree does not have. */
type Parameter = Pattern | { readonly type: 'TSParameterProperty'; readonly parameter: Pattern };

const patternOf = (parameter: Parameter): Pattern => {
  if (parameter.type === 'TSParameterProperty') return patternOf(parameter.parameter);
  return parameter.type === 'AssignmentPattern' ? parameter.left : parameter;
};

/** `deps`, `RestDeps`, `streamDependencies` */
const isName = (name: string): boolean => /(^d|D)ep(s|endencies)$/.test(name);

const isNamed = (pattern: Pattern, type: Type): boolean =>
  (pattern.type === 'Identifier' && isName(pattern.name)) ||
  isName(type.aliasSymbol?.name ?? '') ||
  isName(type.symbol?.name ?? '');

/** How many members a parameter has that is an object of dependencies, or how many names it takes out of any object. */
const sizeOf = (pattern: Pattern, { program, esTreeNodeToTSNodeMap }: ParserServices): number => {
  const taken = pattern.type === 'ObjectPattern' ? pattern.properties.length : 0;
  if (!program || !esTreeNodeToTSNodeMap) return taken;
  const type = program.getTypeChecker().getTypeAtLocation(esTreeNodeToTSNodeMap.get(pattern));
  return isNamed(pattern, type) ? Math.max(taken, type.getProperties().length) : taken;
};

export const dependenciesRule: Rule.RuleModule = {
  create(context) {
    const services = context.sourceCode.parserServices as ParserServices;
    const check = ({ params }: FunctionNode): void => {
      for (const node of params) {
        const size = sizeOf(patternOf(node), services);
        const message = `${size} dependencies in one object: divide the function, or group what belongs together (at most ${dependenciesMax})`;
        if (size > dependenciesMax) context.report({ node, message });
      }
    };
    return { FunctionDeclaration: check, FunctionExpression: check, ArrowFunctionExpression: check };
  },
};
