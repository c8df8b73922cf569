import type { ASTNode } from '@marcbachmann/cel-js'
import { Environment, ParseError } from '@marcbachmann/cel-js'
import type { ExpressionDiagnostic } from './diagnostic.ts'
import { expressionLimits } from './limit.ts'

/** A node of the syntax tree; `start` and `end` are UTF-16 offsets into the source. */
export type Syntax = ASTNode

let parser: Environment | undefined

/**
 * What was parsed last, by source: a validator parses the expressions of a whole document again at every edit of it, and
 * a compiler those that were validated just before. A tree is only ever read. The oldest leave.
 */
const recent = new Map<string, Syntax>()
const mostRecent = 1_000
const longestRecent = 200

/**
 * Parses a CEL expression; the outcome is the tree or what is wrong with the source. Besides the grammar only sizes are
 * checked: source length, number of nodes, nesting.
 */
export function parseSyntax(source: string): Syntax | ExpressionDiagnostic {
  if (source.length > expressionLimits.sourceLength) return tooLong(source)
  const known = recent.get(source)
  if (known !== undefined) return known
  const syntax = parseAnew(source)
  if (isSyntax(syntax) && source.length <= longestRecent) {
    if (recent.size >= mostRecent) recent.delete(recent.keys().next().value!)
    recent.set(source, syntax)
  }
  return syntax
}

function parseAnew(source: string): Syntax | ExpressionDiagnostic {
  parser ??= new Environment({ limits: { maxAstNodes: expressionLimits.nodes, maxDepth: expressionLimits.depth } })
  try {
    const tree = parseWithLoop(parser, source)
    // The parser counts parentheses and the like, but not signs.
    return nesting(tree) > expressionLimits.depth ? tooDeep({ from: 0, to: source.length }) : tree
  } catch (error) {
    if (error instanceof ParseError) return describe(error, source)
    // A row of thousands of signs takes the parser's stack.
    if (error instanceof RangeError) return tooDeep({ from: 0, to: source.length })
    throw error
  }
}

/** Whether the outcome of parsing is a tree. */
export function isSyntax(parsed: Syntax | ExpressionDiagnostic): parsed is Syntax {
  return 'op' in parsed
}

/**
 * CEL reserves the word `loop`, which here is the variable of the loop around a node. Where the parser stumbles over it
 * as a variable it gets another spelling of the same length, so that all offsets stay; `variableName` reads it back.
 */
function parseWithLoop(environment: Environment, source: string): Syntax {
  let text = source
  for (;;) {
    try {
      return environment.parse(text).ast
    } catch (error) {
      const range = error instanceof ParseError && error.code === 'reserved_identifier' ? error.range : undefined
      if (!range || text.slice(range.start, range.end) !== 'loop') throw error
      text = `${text.slice(0, range.start)}LOOP${text.slice(range.end)}`
    }
  }
}

/** The name of a variable node as it stands in the source. */
export function variableName(node: Syntax & { op: 'id' }, source: string): string {
  return node.args === 'LOOP' ? source.slice(node.start, node.end) : node.args
}

/** The nodes directly below a node. */
function children(node: Syntax): readonly Syntax[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return []
    case '.':
    case '.?':
      return [node.args[0]]
    case 'call':
      return node.args[1]
    case 'rcall':
      return [node.args[1], ...node.args[2]]
    case 'map':
      return node.args.flat()
    case '!_':
    case '-_':
      return [node.args]
    default:
      return node.args
  }
}

/** The names that stand for variables in a tree, those of comprehensions' items among them. */
export function variableNames(node: Syntax, source: string): Set<string> {
  const names = new Set(children(node).flatMap((child) => [...variableNames(child, source)]))
  return node.op === 'id' ? names.add(variableName(node, source)) : names
}

/** How deep a tree is nested; rows of operators and of members nest to the left and count as one. */
function nesting(node: Syntax): number {
  const [first, ...others] = children(node)
  if (!first) return 1
  const continuesRow =
    node.op !== 'call' && node.op !== 'list' && node.op !== 'map' && node.op !== '?:' && others.length > 0
  const isMember = node.op === '.' || node.op === 'rcall'
  const deepest = Math.max(0, ...others.map(nesting))
  return Math.max(nesting(first) + (continuesRow || isMember ? 0 : 1), deepest + 1)
}

/** The number of nodes in a tree. */
export function countNodes(node: Syntax): number {
  return children(node).reduce((count, child) => count + countNodes(child), 1)
}

function tooLong(source: string): ExpressionDiagnostic {
  return {
    code: 'expression.limit',
    severity: 'error',
    message: `The expression has ${source.length.toLocaleString('en')} characters; it may have ${expressionLimits.sourceLength.toLocaleString('en')}.`,
    hint: 'Compute this in a tool.',
    from: expressionLimits.sourceLength,
    to: source.length,
  }
}

/** The diagnostic for nesting beyond the limit. */
function tooDeep(place: { from: number; to: number }): ExpressionDiagnostic {
  return {
    code: 'expression.limit',
    severity: 'error',
    message: `The expression is nested more than ${expressionLimits.depth} deep.`,
    hint: 'Write parts of it to variables of their own, or compute this in a tool.',
    ...place,
  }
}

const tokenNames: Readonly<Record<string, string>> = {
  EOF: 'the end',
  RPAREN: '")"',
  RBRACKET: '"]"',
  RBRACE: '"}"',
  COLON: '":"',
  COMMA: '","',
  IDENTIFIER: 'a name',
}

const words = new Map([
  ['and', 'Write "&&" for and.'],
  ['or', 'Write "||" for or.'],
  ['not', 'Write "!" for not.'],
  ['=', 'Comparison is "==".'],
  ['&', 'Write "&&" for and.'],
  ['|', 'Write "||" for or, or call a function: size(list).'],
  [';', 'An expression has one value and no statements.'],
  ['`', 'Texts stand in single or double quotes.'],
  ['$', 'Variables are written by their name alone.'],
  ['?', 'A default reads: has(a.b) ? a.b : other.'],
])

function describe(error: ParseError, source: string): ExpressionDiagnostic {
  const from = Math.min(error.range?.start ?? 0, source.length)
  const to = Math.min(Math.max(error.range?.end ?? from, from), source.length)
  const found = source.slice(from, to)
  const at = (message: string, hint: string): ExpressionDiagnostic => ({
    code: 'expression.syntax',
    severity: 'error',
    message,
    hint,
    from,
    to,
  })
  const limit = /^Exceeded (\w+)/.exec(error.summary)?.[1]
  if (limit === 'maxDepth') return tooDeep({ from, to })
  if (limit)
    return {
      ...at(`The expression is too large: more than ${expressionLimits.nodes} parts.`, 'Compute this in a tool.'),
      code: 'expression.limit',
    }
  switch (error.code) {
    case 'reserved_identifier':
      return at(`"${found}" is a reserved word of CEL.`, 'Choose another name for the variable.')
    case 'unterminated_string':
    case 'unterminated_triple_quoted_string':
      return at('The text has no closing quote.', 'Close it with the quote it starts with.')
    case 'newline_in_string':
      return at('A text in single quotes ends in the line it starts in.', 'Write \\n for a line break.')
    case 'invalid_macro_argument':
      return at('The first argument must be a name for the item.', 'Such as: items.filter(item, item.score > 1)')
    case 'expected_token':
    case 'unexpected_token':
    case 'unexpected_character':
      return at(unexpected(found, error.summary), words.get(found) ?? hintFor(found, source))
    default:
      return at(`${error.summary}.`, 'See the syntax of CEL at cel.dev.')
  }
}

function unexpected(found: string, summary: string): string {
  const expected = tokenNames[/^Expected (\w+)/.exec(summary)?.[1] ?? '']
  const met = found.trim() === '' ? 'The expression ends too early' : `"${found}" is not expected here`
  return expected ? `${met}: ${expected} is missing.` : `${met}.`
}

function hintFor(found: string, source: string): string {
  if (source.includes('{{')) return 'In an expression a variable stands by its name alone, without braces.'
  if (found.trim() === '') return 'Complete it.'
  if (/^["'\w]/.test(found)) return 'Join it to what stands before by an operator.'
  return 'Take it out, or complete what stands before.'
}
