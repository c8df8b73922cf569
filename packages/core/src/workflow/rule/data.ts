import type { JsonSchema } from '../../base/index.ts'
import type { Expression } from '../../expression/index.ts'
import { parametersOf } from '../catalog.ts'
import type { DataFlow, FlowPoint } from '../data-flow.ts'
import { analyzeDataFlow } from '../data-flow.ts'
import { errorAt, inNode } from '../diagnostic.ts'
import type { LoopNode, MapNodeConfig, ParallelNode, PromptNode, ToolNode, WorkflowNode } from '../document-schema.ts'
import type { Region } from '../region.ts'
import { itemsOf, schemaConflict } from '../schema-type.ts'
import type { Scope } from '../scope.ts'
import { loopNames, mapNames, topScope, within } from '../scope.ts'
import { maxNesting } from '../structure.ts'
import type { Write } from '../writes.ts'
import { visibleWrites } from '../writes.ts'
import type { Purpose } from './expression.ts'
import { checkExpression, resultSchemaOf } from './expression.ts'
import type { Subject } from './subject.ts'
import { checkTemplate } from './template.ts'
import { writeFault } from './write.ts'

interface DataSubject extends Subject {
  flow: DataFlow
  writesOf(nodeId: string): readonly Write[]
}

/** Every expression and message of the workflow, where it stands: in the scope of its containers and on its paths. */
export function checkData(subject: Subject): void {
  const { structure, catalog, opaque } = subject
  const flow = analyzeDataFlow(structure, catalog, opaque)
  const data: DataSubject = { ...subject, flow, writesOf: visibleWrites(structure) }
  const scope = topScope(subject.workflow)
  checkRegion(data, structure.top, scope, 0)
  for (const [name, source] of Object.entries(subject.workflow.outputs)) {
    checkExpression(subject, {
      source,
      place: { nodeId: null, path: ['outputs', name] },
      scope,
      point: flow.end,
      purpose: 'value',
    })
  }
}

function checkRegion(data: DataSubject, region: Region, scope: Scope, depth: number): void {
  if (depth > maxNesting) return
  for (const nodeId of region.members) {
    const node = data.structure.nodes.get(nodeId)!
    if (data.opaque.has(nodeId)) continue
    const inside = data.structure.regions.get(nodeId)
    checkNode(data, node, scope, () => inside && checkRegion(data, inside, scope, depth + 1))
  }
}

/** Checks what stands in one node, and what is inside it where its own names are in scope. */
function checkNode(data: DataSubject, node: WorkflowNode, scope: Scope, checkInside: () => void): void {
  switch (node.type) {
    case 'prompt':
    case 'tool':
      checkArguments(data, node, scope)
      break
    case 'condition': {
      const { expression } = node.data.config
      check(data, node, 'expression', {
        source: expression,
        scope,
        point: data.flow.before(node.id),
        purpose: 'condition',
      })
      break
    }
    case 'human': {
      const place = placeOf(data, node, 'message')
      checkTemplate(data, node.data.config.message, place, scope, data.flow.before(node.id))
      break
    }
    case 'loop':
      within(scope, loopNames, () => {
        checkLoopCondition(data, node, scope)
        checkInside()
      })
      break
    case 'parallel':
      if (node.data.config.mode === 'map') checkMap(data, node, node.data.config, scope, checkInside)
      else checkInside()
      break
  }
}

function check(
  data: DataSubject,
  node: WorkflowNode,
  key: string,
  site: { source: string; scope: Scope; point: FlowPoint; purpose: Purpose },
): Expression | null {
  return checkExpression(data, { ...site, place: placeOf(data, node, key) })
}

function placeOf(data: DataSubject, node: WorkflowNode, ...path: string[]) {
  return inNode(node.id, data.structure.positions.get(node.id)!, 'data', 'config', ...path)
}

function checkArguments(data: DataSubject, node: PromptNode | ToolNode, scope: Scope): void {
  const parameters = parametersOf(data.catalog, node)
  const point = data.flow.before(node.id)
  for (const [name, source] of Object.entries(node.data.config.inputMapping)) {
    const place = placeOf(data, node, 'inputMapping', name)
    const expression = checkExpression(data, { source, place, scope, point, purpose: 'value' })
    if (expression === null || parameters === null || !Object.hasOwn(parameters.schemas, name)) continue
    const conflict = schemaConflict(resultSchemaOf(expression), parameters.schemas[name]!)
    if (conflict === null) continue
    const message = `${parameters.owner} takes "${name}${conflict.at}" of type ${conflict.wanted}, but it would get ${conflict.given}.`
    const found = errorAt(place, 'argument_mismatch', message, 'Change the expression, or convert the value in it.')
    data.report({ ...found, from: 0, to: source.length })
  }
}

function checkLoopCondition(data: DataSubject, node: LoopNode, scope: Scope): void {
  const { condition } = node.data.config
  const before = data.flow.before(node.id)
  const point = { ...before, output: data.flow.bodyStart(node.id).output }
  const expression = check(data, node, 'condition', { source: condition, scope, point, purpose: 'condition' })
  if (expression !== null && !canChange(data, node, expression)) {
    const message = `The body of "${node.id}" changes nothing that the condition reads, so it holds for ever or never.`
    const hint = 'Read a variable that a node inside writes, or "loop.index" to count the passes.'
    data.report({
      ...errorAt(placeOf(data, node, 'condition'), 'constant_condition', message, hint),
      from: 0,
      to: condition.length,
    })
  }
}

/** True when a pass of the loop may change what its condition reads, also when too little is known to say. */
function canChange({ structure, opaque, writesOf }: DataSubject, node: LoopNode, condition: Expression): boolean {
  const region = structure.regions.get(node.id)
  if (region === undefined || region.bodies.length === 0 || region.members.some((nodeId) => opaque.has(nodeId)))
    return true
  const written = new Set(region.members.flatMap(writesOf).map((write) => write.variable))
  return condition.references.some(([name]) => {
    return name === 'loop' || (name === 'output' ? written.size > 0 : written.has(name!))
  })
}

function checkMap(
  data: DataSubject,
  node: ParallelNode,
  config: MapNodeConfig,
  scope: Scope,
  checkInside: () => void,
): void {
  const point = data.flow.before(node.id)
  const items = check(data, node, 'items', { source: config.items, scope, point, purpose: 'items' })
  within(scope, mapNames(config.itemVariable, itemsOf(resultSchemaOf(items))), () => {
    const end = data.flow.bodyEnd(node.id)
    const result = check(data, node, 'result', { source: config.result, scope, point: end, purpose: 'value' })
    checkMapWrite(data, node, config, result)
    checkInside()
  })
}

function checkMapWrite(data: DataSubject, node: ParallelNode, config: MapNodeConfig, result: Expression | null): void {
  const variable = data.workflow.variables[config.outputVariable]
  if (variable === undefined || !Object.hasOwn(data.workflow.variables, config.outputVariable)) return
  const element = config.onItemError === 'collect' ? true : resultSchemaOf(result)
  const written: JsonSchema = { type: 'array', items: element }
  const fault = writeFault(written, config.outputVariable, variable)
  if (fault !== null) {
    const hint = `A map writes the list of its results. Change the schema of "${config.outputVariable}", or write to another variable.`
    data.report(errorAt(placeOf(data, node, 'outputVariable'), 'write_mismatch', fault, hint))
  }
}
