import { bodyNodesOf } from '../containment.ts'
import type { Place } from '../diagnostic.ts'
import { errorAt, inNode, listed, shown } from '../diagnostic.ts'
import type { ConditionNode, Diagnostic, WorkflowEdge } from '../document-schema.ts'
import type { EdgeFault } from '../flow.ts'
import { handleOf, handlesOf } from '../flow.ts'
import type { Subject } from './subject.ts'

/** Edges that lead nowhere, leave from nowhere, or contradict each other or a condition's targets; branches left open. */
export function checkEdges(subject: Subject): void {
  const { workflow, structure, report } = subject
  for (const [index, fault] of structure.faults.edges) {
    const found = edgeDiagnostic(subject, index, workflow.edges[index]!, fault)
    if (found !== null) report(found)
  }
  checkEdgeIds(subject)
  const connected = branching(workflow.edges)
  for (const [nodeId, node] of structure.nodes) {
    if (subject.opaque.has(nodeId)) continue
    const position = structure.positions.get(nodeId)!
    if (node.type === 'condition') checkTargets(subject, node, position, connected)
    if (node.data.onError === 'route' && !connected.has(`error ${nodeId}`)) {
      const message = '"onError" is "route", but no edge leaves the handle "error".'
      const hint = 'Connect "error" to the node that deals with the failure, or choose "fail" or "continue".'
      report(errorAt(inNode(nodeId, position, 'data', 'onError'), 'unconnected_error', message, hint))
    }
  }
}

/** The first edge from each handle but the plain one, by handle and node. */
function branching(edges: readonly WorkflowEdge[]): ReadonlyMap<string, WorkflowEdge> {
  const connected = new Map<string, WorkflowEdge>()
  for (const edge of edges) {
    const handle = handleOf(edge)
    if (handle === 'out') continue
    const slot = `${handle} ${edge.source}`
    if (!connected.has(slot)) connected.set(slot, edge)
  }
  return connected
}

function edgeDiagnostic(subject: Subject, index: number, edge: WorkflowEdge, fault: EdgeFault): Diagnostic | null {
  const { nodes } = subject.structure
  const handle = handleOf(edge)
  const nodeId = nodes.has(edge.source) ? edge.source : nodes.has(edge.target) ? edge.target : null
  const at = (key: string): Place => ({ nodeId, path: ['edges', index, key] })
  switch (fault) {
    case 'missing_source':
    case 'missing_target': {
      const key = fault === 'missing_source' ? 'source' : 'target'
      const hint =
        edge[key] === 'end'
          ? 'To end a path leave the edge out; only the targets of a condition may be "end".'
          : `${subject.suggestions.hint(edge[key], () => nodes.keys())} Or remove the edge.`
      return errorAt(
        at(key),
        'edge_to_missing_node',
        `The edge's ${key} ${shown(edge[key])} is not a node.`,
        hint.trim(),
      )
    }
    case 'unknown_handle':
      return unknownHandle(subject, edge, handle, at(edge.sourceHandle === undefined ? 'source' : 'sourceHandle'))
    case 'repeated': {
      const message = `There is another edge from ${shown(edge.source)} (${handle}) to ${shown(edge.target)}.`
      return errorAt({ nodeId, path: ['edges', index] }, 'duplicate_edge', message, 'Remove one of the two.')
    }
    case 'handle_taken': {
      const message = `Another edge leaves the handle "${handle}" of ${shown(edge.source)} already.`
      const hint = 'One edge leaves a handle. To run nodes side by side, put them into a parallel node.'
      return errorAt({ nodeId, path: ['edges', index] }, 'handle_taken', message, hint)
    }
    case 'crosses_boundary':
      return crossing(subject, index, edge, handle)
    case 'cycle': {
      const message = `The edge from ${shown(edge.source)} leads back to ${shown(edge.target)}, which closes a cycle.`
      const hint = 'Put the nodes that shall repeat into a loop; its body returns by itself.'
      return errorAt(at('target'), 'cycle', message, hint)
    }
    case 'opaque':
      return null
  }
}

function unknownHandle({ structure }: Subject, edge: WorkflowEdge, handle: string, place: Place): Diagnostic {
  const node = structure.nodes.get(edge.source)!
  const handles = handlesOf(node)
  if (edge.sourceHandle === undefined) {
    const message = `The edge does not say by which handle it leaves "${edge.source}", a ${node.type} node.`
    const [first, second] = handles
    const leadsInside = structure.parents.get(edge.target) === edge.source
    const meant = bodyNodesOf(node) === null ? `"${first}" or "${second}"` : leadsInside ? '"body"' : '"done"'
    return errorAt(place, 'unknown_handle', message, `Set "sourceHandle" to ${meant}.`)
  }
  const message = `A ${node.type} node has no handle "${handle}".`
  const hint =
    handle === 'error' ? 'Set "onError" to "route" to have the handle "error".' : `It has ${listed(handles)}.`
  return errorAt(place, 'unknown_handle', message, hint)
}

function crossing({ structure }: Subject, index: number, edge: WorkflowEdge, handle: string): Diagnostic {
  const [from, to] = [structure.parents.get(edge.source) ?? null, structure.parents.get(edge.target) ?? null]
  const where = (container: string | null) => (container === null ? 'outside all containers' : `inside "${container}"`)
  const place = { nodeId: edge.source, path: ['edges', index] }
  if (handle === 'body') {
    const message = `The handle "body" of "${edge.source}" leads to "${edge.target}", which lies ${where(to)}.`
    const hint = `List "${edge.target}" in "bodyNodes" of "${edge.source}", or connect the handle "done".`
    return errorAt(place, 'crosses_boundary', message, hint)
  }
  const message = `The edge leads from "${edge.source}" ${where(from)} to "${edge.target}" ${where(to)}.`
  const hint =
    edge.target === from
      ? 'Leave it out: the last node of a body returns to its container by itself.'
      : 'Edges stay inside one container: enter it by its handle "body", leave it by "done".'
  return errorAt(place, 'crosses_boundary', message, hint)
}

function checkEdgeIds({ workflow, structure, report }: Subject): void {
  const seen = new Map<string, WorkflowEdge>()
  for (const [index, edge] of workflow.edges.entries()) {
    const { id, source } = edge
    const place = { nodeId: structure.nodes.has(source) ? source : null, path: ['edges', index, 'id'] }
    const other = seen.get(id)
    if (id === '') report(errorAt(place, 'invalid_edge_id', 'The edge id is empty.', 'Give the edge an id.'))
    // A copied edge is reported as such, not once more for its id.
    else if (other !== undefined && structure.faults.edges.get(index) !== 'repeated') {
      const message = `The id ${shown(id)} is that of the edge from ${shown(other.source)} to ${shown(other.target)} too.`
      report(errorAt(place, 'duplicate_edge_id', message, 'Give each edge its own id.'))
    }
    if (other === undefined) seen.set(id, edge)
  }
}

function checkTargets(
  { structure, suggestions, report }: Subject,
  node: ConditionNode,
  position: number,
  connected: ReadonlyMap<string, WorkflowEdge>,
): void {
  for (const [handle, key] of [
    ['true', 'trueTarget'],
    ['false', 'falseTarget'],
  ] as const) {
    const place = inNode(node.id, position, 'data', 'config', key)
    const target = node.data.config[key]
    const edge = connected.get(`${handle} ${node.id}`)
    if (target === undefined && edge === undefined) {
      const message = `Nothing says where "${node.id}" goes when its expression is ${handle}.`
      report(errorAt(place, 'unconnected_branch', message, `Connect the handle "${handle}", or set "${key}" to "end".`))
    } else if (target !== undefined && edge === undefined && target !== 'end') {
      const hint = suggestions.hint(target, () => [...structure.nodes.keys(), 'end']) || 'Name a node, or "end".'
      report(errorAt(place, 'unknown_target', `"${key}" names ${shown(target)}, which is not a node.`, hint))
    } else if (
      target !== undefined &&
      edge !== undefined &&
      target !== edge.target &&
      structure.nodes.has(edge.target)
    ) {
      const message = `"${key}" is ${shown(target)}, but the edge from the handle "${handle}" leads to "${edge.target}".`
      report(errorAt(place, 'target_mismatch', message, 'Let both name the same node, or leave one of them out.'))
    }
  }
}
