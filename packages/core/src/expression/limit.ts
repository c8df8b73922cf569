/** What an expression may cost. Whatever the input, these end compiling and evaluating within milliseconds. */
export const expressionLimits = {
  /** UTF-16 units of source. */
  sourceLength: 10_000,
  /** Nodes of the syntax tree. */
  nodes: 500,
  /** Nesting: parentheses, arguments, list and map items, conditional branches, signs. */
  depth: 24,
  /** Comprehensions inside the body of a comprehension, counting the outermost. */
  comprehensionDepth: 2,
  /** Passes through comprehension bodies per evaluation; large bodies and work on long texts and lists count as more. */
  steps: 50_000,
  /** Characters of a value that was built, written as JSON (escapes left aside). */
  resultLength: 10_000_000,
  /** Characters of a filled template. */
  renderedLength: 4_000_000,
} as const
