import { bodyNodesOf } from '../containment.ts'
import { errorAt, inNode, listed, shown } from '../diagnostic.ts'
import { maxNesting } from '../structure.ts'
import type { Subject } from './subject.ts'

/** Containers: that `bodyNodes` name each inner node once and nowhere else, and that control enters and can't get lost. */
export function checkContainers(subject: Subject): void {
  const { structure, index, report } = subject
  checkBodyNodes(subject)
  checkUnlisted(subject)
  for (const [nodeId, region] of structure.regions) {
    const body = bodyNodesOf(structure.nodes.get(nodeId)!)!
    const place = inNode(nodeId, structure.positions.get(nodeId)!, 'data', 'config', 'bodyNodes')
    const enters = index.entered.has(nodeId)
    if (body.length === 0) {
      report(errorAt(place, 'empty_container', `"${nodeId}" has no nodes inside.`, 'Put a node into it, or remove it.'))
    } else if (!enters) {
      const message = `No edge leads from the handle "body" of "${nodeId}" into it.`
      report(errorAt(place, 'unconnected_body', message, `Connect "body" to the first of ${listed(region.members)}.`))
    }
  }
  for (const nodeId of structure.faults.tooDeep) {
    const place = inNode(nodeId, structure.positions.get(nodeId)!)
    const message = `"${nodeId}" lies inside more than ${maxNesting - 1} containers.`
    report(errorAt(place, 'nested_too_deep', message, 'Move the inner part into a workflow of its own.'))
  }
  for (const { nodeId, container } of structure.faults.meetings) {
    const message = `Two branches of "${container}" lead to "${nodeId}", so it would run once for each.`
    const hint = `Move it behind "${container}": connect it to the handle "done".`
    report(errorAt(inNode(nodeId, structure.positions.get(nodeId)!), 'branches_meet', message, hint))
  }
}

/** A node that only the inside of a container leads to belongs inside: most likely `bodyNodes` forgot it. */
function checkUnlisted({ workflow, structure, report }: Subject): void {
  const sources = new Map<string, Set<string | null>>()
  for (const edge of workflow.edges) {
    const from = edge.sourceHandle === 'body' ? edge.source : (structure.parents.get(edge.source) ?? null)
    sources.set(edge.target, (sources.get(edge.target) ?? new Set()).add(from))
  }
  for (const [target, containers] of sources) {
    const [container] = containers
    const position = structure.positions.get(container ?? '')
    if (structure.parents.get(target) !== null || containers.size > 1 || !container || position === undefined) continue
    const message = `Only the inside of "${container}" leads to "${target}", but "bodyNodes" does not list it.`
    const place = inNode(container, position, 'data', 'config', 'bodyNodes')
    report(
      errorAt(place, 'unlisted_body_node', message, `List it, or connect it to the handle "done" of "${container}".`),
    )
  }
}

function checkBodyNodes({ structure, suggestions, report }: Subject): void {
  for (const { kind, container, position, nodeId, claimants } of structure.faults.containment) {
    const place = inNode(container, structure.positions.get(container)!, 'data', 'config', 'bodyNodes', position)
    switch (kind) {
      case 'missing': {
        const hint = `${suggestions.hint(nodeId, () => structure.nodes.keys())} Or take it out of the list.`
        report(
          errorAt(place, 'unknown_body_node', `"bodyNodes" names ${shown(nodeId)}, which is not a node.`, hint.trim()),
        )
        break
      }
      case 'repeated':
        report(errorAt(place, 'repeated_body_node', `"bodyNodes" names "${nodeId}" twice.`, 'Name each node once.'))
        break
      case 'shared': {
        const message = `"${nodeId}" is listed in "bodyNodes" of ${listed(claimants)}.`
        report(errorAt(place, 'shared_body_node', message, 'A node lies directly inside one container only.'))
        break
      }
      case 'cyclic':
        report(
          errorAt(
            place,
            'cyclic_containers',
            `"${container}" would lie inside itself.`,
            `Take "${nodeId}" out of the list.`,
          ),
        )
        break
    }
  }
}
