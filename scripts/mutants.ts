// The mutants of a source file: the same text with one small change each, which a test should notice.
import ts from 'typescript';

export interface Mutant {
  /** 1-based. */
  readonly line: number;
  readonly before: string;
  readonly after: string;
  /** The whole file with the change. */
  readonly text: string;
}

interface Change {
  readonly start: number;
  readonly end: number;
  readonly after: string;
}

const swapped = new Map<ts.SyntaxKind, readonly string[]>([
  [ts.SyntaxKind.LessThanToken, ['<=', '>=']],
  [ts.SyntaxKind.LessThanEqualsToken, ['<', '>']],
  [ts.SyntaxKind.GreaterThanToken, ['>=', '<=']],
  [ts.SyntaxKind.GreaterThanEqualsToken, ['>', '<']],
  [ts.SyntaxKind.EqualsEqualsEqualsToken, ['!==']],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, ['===']],
  [ts.SyntaxKind.AmpersandAmpersandToken, ['||']],
  [ts.SyntaxKind.BarBarToken, ['&&']],
  [ts.SyntaxKind.PlusToken, ['-']],
  [ts.SyntaxKind.MinusToken, ['+']],
  [ts.SyntaxKind.AsteriskToken, ['/']],
  [ts.SyntaxKind.PlusEqualsToken, ['-=']],
]);
const opposite: Readonly<Record<string, string>> = { min: 'max', max: 'min', some: 'every', every: 'some' };

const replace = (node: ts.Node, after: string): Change => ({ start: node.getStart(), end: node.getEnd(), after });

/** A condition is as good as its text: both of its values are tried. */
const conditions = (condition: ts.Expression | undefined): Change[] =>
  condition && condition.kind !== ts.SyntaxKind.TrueKeyword
    ? [replace(condition, 'true'), replace(condition, 'false')]
    : [];

const changesOf = (node: ts.Node): Change[] => {
  if (ts.isBinaryExpression(node))
    return (swapped.get(node.operatorToken.kind) ?? []).map((after) => replace(node.operatorToken, after));
  if (ts.isIfStatement(node)) return conditions(node.expression);
  if (ts.isConditionalExpression(node)) return conditions(node.condition);
  if (ts.isForStatement(node)) return conditions(node.condition).filter(({ after }) => after === 'false');
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
    return [replace(node, node.operand.getText())];
  if (node.kind === ts.SyntaxKind.TrueKeyword) return [replace(node, 'false')];
  if (node.kind === ts.SyntaxKind.FalseKeyword) return [replace(node, 'true')];
  if (ts.isNumericLiteral(node)) return [replace(node, String(Number(node.text.replaceAll('_', '')) + 1))];
  if (ts.isPropertyAccessExpression(node) && opposite[node.name.text] !== undefined)
    return [replace(node.name, opposite[node.name.text] ?? '')];
  // A call or an assignment that nothing misses is not needed, or not tested.
  if (ts.isExpressionStatement(node)) return [replace(node, ';')];
  return [];
};

/** Types have no behaviour; neither do names of modules. */
const isSkipped = (node: ts.Node): boolean =>
  ts.isTypeNode(node) ||
  ts.isInterfaceDeclaration(node) ||
  ts.isTypeAliasDeclaration(node) ||
  ts.isImportDeclaration(node);

/** Ends a loop that a change made endless: nothing outside could. */
const guarded = (text: string): string => {
  const source = ts.createSourceFile('guarded.ts', text, ts.ScriptTarget.Latest, true);
  const loops: ts.Statement[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isForStatement(node) || ts.isForOfStatement(node) || ts.isWhileStatement(node)) loops.push(node.statement);
    ts.forEachChild(node, visit);
  };
  visit(source);
  const inside = `if ((globalThis.turns = (globalThis.turns ?? 0) + 1) > 5_000_000) throw new Error('An endless loop');`;
  const edits = loops.flatMap((body) => [
    { at: body.getStart(), text: `{ ${inside} ` },
    { at: body.getEnd(), text: ' }' },
  ]);
  let result = text;
  for (const edit of edits.sort((a, b) => b.at - a.at))
    result = result.slice(0, edit.at) + edit.text + result.slice(edit.at);
  return result;
};

/** All mutants of a file, in the order of its lines. */
export const mutantsOf = (text: string): Mutant[] => {
  const source = ts.createSourceFile('mutated.ts', text, ts.ScriptTarget.Latest, true);
  const changes: Change[] = [];
  const visit = (node: ts.Node): void => {
    if (isSkipped(node)) return;
    changes.push(...changesOf(node));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return changes
    .filter(({ start, end, after }) => text.slice(start, end) !== after)
    .sort((a, b) => a.start - b.start)
    .map(({ start, end, after }) => ({
      line: source.getLineAndCharacterOfPosition(start).line + 1,
      before: text.slice(start, end),
      after,
      text: guarded(text.slice(0, start) + after + text.slice(end)),
    }));
};
