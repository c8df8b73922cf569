import { FairleadError } from '../base/index.ts'
import type { Expression } from '../expression/index.ts'
import type { Frame } from './frame.ts'
import type { PlannedNode } from './plan.ts'

/** Evaluates a node's expression in the scope of a frame: only the names that it reads are looked up. */
export function evaluate(expression: Expression, planned: PlannedNode | undefined, frame: Frame): unknown {
  const values: Record<string, unknown> = {}
  for (const [root] of expression.references) {
    if (root === undefined || Object.hasOwn(values, root)) continue
    const value = lookUp(root, planned, frame)
    if (value !== undefined) values[root] = value
  }
  return expression.evaluate(values)
}

/** Evaluates a mapping: each parameter's expression under the parameter's name. */
export function evaluateMapping(planned: PlannedNode, frame: Frame): Record<string, unknown> {
  const input: Record<string, unknown> = {}
  for (const [parameter, expression] of planned.expressions) input[parameter] = evaluate(expression, planned, frame)
  return input
}

/** An expression of the planned node by the name of its field. */
export function expressionOf(planned: PlannedNode, name: string): Expression {
  const expression = planned.expressions.get(name)
  if (expression) return expression
  throw new FairleadError('workflow.unplanned', `The node "${planned.node.id}" has no expression "${name}".`)
}

/** The value of a name in scope; undefined when nothing wrote it. */
export function lookUp(name: string, planned: PlannedNode | undefined, frame: Frame): unknown {
  const { data } = frame
  switch (name) {
    case 'output':
      return data.output
    case 'error':
      return data.error
    case 'index':
      return data.index
    case 'loop': {
      const pass = currentPass(planned, frame)
      return pass === undefined ? undefined : { index: pass }
    }
    default:
      return frame.get(name)
  }
}

/** The pass of the innermost loop around a node; a loop's own condition sees its own pass. */
export function currentPass(planned: PlannedNode | undefined, { data }: Frame): number | undefined {
  if (planned?.node.type === 'loop' && data.passes[planned.node.id] !== undefined) return data.passes[planned.node.id]
  const innermost = planned?.loops.at(-1)
  return innermost === undefined ? data.loop : data.passes[innermost]
}
