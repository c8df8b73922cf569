import { errorAt, inNode, listed } from '../diagnostic.ts'
import type { WorkflowStructure } from '../structure.ts'
import type { Subject } from './subject.ts'

/** That a run has one place to start and can reach every node. */
export function checkReachability(subject: Subject): void {
  const { workflow, structure, index, report } = subject
  const { entries, islands } = structure.faults
  const isLostInside = insideUnentered(structure, index.entered)
  // Each name that leads nowhere may have been meant for one of the nodes that nothing leads to.
  const lost = Math.max(0, entries.length - 1) + islands.filter((island) => !island.every(isLostInside)).length
  if (lost > 0 && lost <= misdirected(subject)) return
  const place = (nodeId: string) => inNode(nodeId, structure.positions.get(nodeId)!)
  if (workflow.nodes.length === 0) {
    report(errorAt({ nodeId: null, path: ['nodes'] }, 'no_entry', 'The workflow has no nodes.', 'Add a first node.'))
  } else if (structure.entry === null && entries.length === 0) {
    const first = structure.top.members[0] ?? workflow.nodes[0]!.id
    const message = 'Every node outside the containers has an incoming edge, so a run has no place to start.'
    report(errorAt(place(first), 'no_entry', message, 'Remove the edge that leads into the first node.'))
  }
  for (const nodeId of entries) {
    const others = entries.slice(0, 5).filter((other) => other !== nodeId)
    const message = `"${nodeId}" has no incoming edge, and neither has ${listed(others, 4, entries.length - 1)}: only one node can be the entry.`
    report(
      errorAt(place(nodeId), 'several_entries', message, 'Connect it to the node that runs before it, or remove it.'),
    )
  }
  for (const island of islands) {
    // The container reports that nothing enters it; its whole inside is lost with that.
    if (island.every(isLostInside)) continue
    const [first] = island
    const rest =
      island.length === 1
        ? ''
        : ` Nor ${island.length === 2 ? 'is' : 'are'} ${listed(island.slice(1, 5), 4, island.length - 1)} behind it.`
    const message = `"${first}" is not reached from the entry.${rest}`
    report(
      errorAt(place(first!), 'unreachable_node', message, 'Connect it to the node that runs before it, or remove it.'),
    )
  }
}

/** How many edges and targets name a node that there is not: they are reported themselves. */
function misdirected({ workflow, structure }: Subject): number {
  let count = 0
  const connected = new Set(workflow.edges.map((edge) => `${edge.sourceHandle} ${edge.source}`))
  for (const fault of structure.faults.edges.values()) {
    if (fault === 'missing_source' || fault === 'missing_target') count++
  }
  for (const node of workflow.nodes) {
    if (node.type !== 'condition') continue
    const { trueTarget, falseTarget } = node.data.config
    for (const [handle, target] of [
      ['true', trueTarget],
      ['false', falseTarget],
    ] as const) {
      const isNamed = target !== undefined && target !== 'end' && !structure.nodes.has(target)
      // Where an edge leads to it, the edge has been counted.
      if (isNamed && !connected.has(`${handle} ${node.id}`)) count++
    }
  }
  return count
}

/** Whether a node lies in a container that nothing enters. Each container is asked once, however deep they nest. */
function insideUnentered(structure: WorkflowStructure, entered: ReadonlySet<string>): (nodeId: string) => boolean {
  const known = new Map<string, boolean>()
  return (nodeId) => {
    const trail: string[] = []
    let lost: boolean | undefined
    for (let container = structure.parents.get(nodeId); lost === undefined; ) {
      if (typeof container !== 'string') lost = false
      else {
        trail.push(container)
        lost = entered.has(container) ? known.get(container) : true
        container = structure.parents.get(container)
      }
    }
    for (const container of trail) known.set(container, lost)
    return lost
  }
}
