import type { Case } from './defect.suite.ts'
import { edge, tool } from './defect.suite.ts'

const polish = 'nodes.polish.data.config'
const each = 'nodes.each.data.config'

/** Defects of the flow, the containers, the declarations and the nodes' own values, in the order desk. */
export const structureDefects: Record<string, Case[]> = {
  'entry and reach': [
    ['no nodes', { nodes: [], edges: [], outputs: {} }, ['no_entry', null, 'nodes']],
    [
      'no entry',
      { 'edges.+': edge('report', 'read') },
      ['cycle', 'report', 'edges.15.target'],
      ['no_entry', 'read', 'nodes.read'],
    ],
    [
      'several entries',
      { 'nodes.+': tool('stray'), 'edges.+': edge('stray', 'polish') },
      ['several_entries', 'read', 'nodes.read'],
      ['several_entries', 'stray', 'nodes.stray'],
    ],
    [
      'an edge taken away',
      { 'edges.e3': undefined },
      ['several_entries', 'read', 'nodes.read'],
      ['several_entries', 'both', 'nodes.both'],
    ],
    [
      'an island of a cycle',
      { 'nodes.+': tool('x'), 'nodes.16': tool('y'), 'edges.+': edge('x', 'y'), 'edges.16': edge('y', 'x') },
      ['cycle', 'y', 'edges.16.target'],
      ['unreachable_node', 'x', 'nodes.x'],
    ],
    ['a body node that nothing leads to', { 'edges.e6': undefined }, ['unreachable_node', 'tidy', 'nodes.tidy']],
  ],
  'nodes and their ids': [
    ['a duplicate id', { 'nodes.+': tool('send') }, ['duplicate_node_id', 'send', 'nodes.15.id']],
    [
      'ids that addresses can not hold',
      { 'nodes.+': tool('a/b'), 'edges.+': edge('report', 'a/b') },
      ['invalid_node_id', 'a/b', 'nodes.a/b.id'],
    ],
    [
      'the reserved id',
      { 'nodes.+': tool('end'), 'edges.+': edge('report', 'end') },
      ['invalid_node_id', 'end', 'nodes.end.id'],
    ],
    ['an empty id', { 'nodes.+': tool(' '), 'edges.+': edge('report', ' ') }, ['invalid_node_id', ' ', 'nodes. .id']],
    [
      'a name of every object',
      { 'nodes.+': tool('__proto__'), 'edges.+': edge('report', '__proto__') },
      ['invalid_node_id', '__proto__', 'nodes.__proto__.id'],
    ],
    ['an unknown type', { 'nodes.send.type': 'tol' }, ['unknown_node_type', 'send', 'nodes.send.type']],
    ['no type', { 'nodes.polish.type': undefined }, ['unknown_node_type', 'polish', 'nodes.polish.type']],
    [
      'a type of which nothing is known',
      {
        'nodes.send': { id: 'send', type: 'http', position: { x: 0, y: 0 }, data: { label: '', config: { url: '' } } },
      },
      ['unknown_node_type', 'send', 'nodes.send.type'],
    ],
  ],
  edges: [
    ['a copied edge', { 'edges.+': edge('locate', 'tidy', undefined, 'e6') }, ['duplicate_edge', 'locate', 'edges.15']],
    ['a second equal edge', { 'edges.+': edge('locate', 'tidy', 'out') }, ['duplicate_edge', 'locate', 'edges.15']],
    ['the same edge id twice', { 'edges.e6.id': 'e5' }, ['duplicate_edge_id', 'locate', 'edges.6.id']],
    ['an empty edge id', { 'edges.e6.id': '' }, ['invalid_edge_id', 'locate', 'edges.6.id']],
    [
      'an edge to a missing node',
      { 'edges.+': edge('report', 'nowhere') },
      ['edge_to_missing_node', 'report', 'edges.15.target'],
    ],
    [
      'an edge from a missing node',
      { 'edges.+': edge('nowhere', 'report') },
      ['edge_to_missing_node', 'report', 'edges.15.source'],
    ],
    ['an edge to the end', { 'edges.+': edge('report', 'end') }, ['edge_to_missing_node', 'report', 'edges.15.target']],
    [
      'an edge bent to a missing node',
      { 'edges.e6.target': 'nowhere' },
      ['edge_to_missing_node', 'locate', 'edges.e6.target'],
    ],
    [
      'two edges on one handle',
      { 'nodes.+': tool('other'), 'edges.+': edge('approve', 'other') },
      ['handle_taken', 'approve', 'edges.15'],
    ],
    [
      'two edges into a loop',
      { 'nodes.+': tool('other'), [`${polish}.bodyNodes.+`]: 'other', 'edges.+': edge('polish', 'other', 'body') },
      ['handle_taken', 'polish', 'edges.15'],
    ],
    ['an unknown handle', { 'edges.e6.sourceHandle': 'next' }, ['unknown_handle', 'locate', 'edges.e6.sourceHandle']],
    ['no handle on a loop', { 'edges.e9.sourceHandle': undefined }, ['unknown_handle', 'polish', 'edges.e9.source']],
    [
      'an error edge without "route"',
      { 'nodes.send.data.onError': 'continue' },
      ['unknown_handle', 'send', 'edges.e14.sourceHandle'],
    ],
    [
      '"route" without an error edge',
      { 'nodes.locate.data.onError': 'route' },
      ['unconnected_error', 'locate', 'nodes.locate.data.onError'],
    ],
    [
      'an unconnected branch',
      { 'edges.e13': undefined, 'nodes.granted.data.config.trueTarget': undefined },
      ['unconnected_branch', 'granted', 'nodes.granted.data.config.trueTarget'],
    ],
    [
      'a branch without its "end"',
      { 'nodes.granted.data.config.falseTarget': undefined },
      ['unconnected_branch', 'granted', 'nodes.granted.data.config.falseTarget'],
    ],
    [
      'a target that disagrees with its edge',
      { 'nodes.check.data.config.trueTarget': 'send' },
      ['target_mismatch', 'check', 'nodes.check.data.config.trueTarget'],
    ],
    [
      'a target "end" in spite of an edge',
      { 'nodes.check.data.config.falseTarget': 'end' },
      ['target_mismatch', 'check', 'nodes.check.data.config.falseTarget'],
    ],
    [
      'an edge in spite of a target "end"',
      { 'edges.+': edge('granted', 'send', 'false') },
      ['target_mismatch', 'granted', 'nodes.granted.data.config.falseTarget'],
    ],
    [
      'a target that is no node',
      { 'edges.e13': undefined, 'nodes.granted.data.config.trueTarget': 'snd' },
      ['unknown_target', 'granted', 'nodes.granted.data.config.trueTarget'],
    ],
    [
      'a target that names no node where its node is reached no other way',
      {
        'nodes.granted.data.config.trueTarget': 'snd',
        'edges.e13': undefined,
        'edges.e11': undefined,
        'nodes.check.data.config.falseTarget': 'end',
      },
      ['unknown_target', 'granted', 'nodes.granted.data.config.trueTarget'],
    ],
    [
      'an edge that misses its target at the top level',
      { 'edges.e3.target': 'boht' },
      ['edge_to_missing_node', 'each', 'edges.e3.target'],
    ],
    [
      'an edge that misses its target beside a node that nothing leads to',
      { 'edges.e3.target': 'boht', 'nodes.+': tool('stray'), 'edges.+': edge('stray', 'polish') },
      ['edge_to_missing_node', 'each', 'edges.e3.target'],
      ['several_entries', 'read', 'nodes.read'],
      ['several_entries', 'both', 'nodes.both'],
      ['several_entries', 'stray', 'nodes.stray'],
    ],
    ['a cycle', { 'edges.+': edge('report', 'check') }, ['cycle', 'report', 'edges.15.target']],
    ['an edge to itself', { 'edges.+': edge('report', 'report') }, ['cycle', 'report', 'edges.15.target']],
    [
      'a cycle by a condition',
      { 'nodes.granted.data.config.falseTarget': 'check' },
      ['cycle', 'granted', 'edges.15.target'],
    ],
    ['a cycle in a body', { 'edges.+': edge('tidy', 'locate') }, ['cycle', 'tidy', 'edges.15.target']],
    ['an edge out of a container', { 'edges.+': edge('write', 'check') }, ['crosses_boundary', 'write', 'edges.15']],
    [
      'an edge back to the container',
      { 'edges.+': edge('write', 'polish') },
      ['crosses_boundary', 'write', 'edges.15'],
    ],
    ['an edge into a container', { 'edges.+': edge('report', 'write') }, ['crosses_boundary', 'report', 'edges.15']],
    [
      'an edge from one container to another',
      { 'edges.+': edge('pricing', 'write') },
      ['crosses_boundary', 'pricing', 'edges.15'],
    ],
    [
      'a body edge to the outside',
      { 'edges.+': edge('both', 'report', 'body') },
      ['crosses_boundary', 'both', 'edges.15'],
    ],
  ],
  containers: [
    [
      'a body node that is not listed',
      { [`${each}.bodyNodes`]: ['look'] },
      ['crosses_boundary', 'look', 'edges.e2'],
      ['undeclared_variable', 'jot', 'nodes.jot.data.config.inputMapping.parts'],
      ['unlisted_body_node', 'each', `${each}.bodyNodes`],
    ],
    ['no body list at all', { [`${each}.bodyNodes`]: undefined }, ['missing_key', 'each', `${each}.bodyNodes`]],
    [
      'a listed node that is none',
      { [`${polish}.bodyNodes.+`]: 'wrte' },
      ['unknown_body_node', 'polish', `${polish}.bodyNodes.1`],
    ],
    [
      'a body list that misspells its first node',
      { [`${each}.bodyNodes`]: ['lok', 'jot'] },
      ['unknown_body_node', 'each', `${each}.bodyNodes.0`],
    ],
    [
      'a body list that misspells its last node',
      { [`${each}.bodyNodes`]: ['look', 'jott'] },
      ['unknown_body_node', 'each', `${each}.bodyNodes.1`],
    ],
    [
      'a node in two containers',
      { [`${polish}.bodyNodes.+`]: 'tidy' },
      ['shared_body_node', 'both', 'nodes.both.data.config.bodyNodes.2'],
      ['shared_body_node', 'polish', `${polish}.bodyNodes.1`],
    ],
    [
      'a node listed twice',
      { [`${polish}.bodyNodes.+`]: 'write' },
      ['repeated_body_node', 'polish', `${polish}.bodyNodes.1`],
    ],
    [
      'a container inside itself',
      { [`${polish}.bodyNodes.+`]: 'polish' },
      ['cyclic_containers', 'polish', `${polish}.bodyNodes.1`],
    ],
    [
      'an empty container',
      { [`${polish}.bodyNodes`]: [], 'nodes.write': undefined, 'edges.e8': undefined },
      ['empty_container', 'polish', `${polish}.bodyNodes`],
    ],
    ['a body that nothing enters', { 'edges.e8': undefined }, ['unconnected_body', 'polish', `${polish}.bodyNodes`]],
    ['branches that meet inside', { 'edges.+': edge('pricing', 'tidy') }, ['branches_meet', 'tidy', 'nodes.tidy']],
  ],
  names: [
    ['no identifier', { 'variables.to-do': { schema: true } }, ['invalid_name', null, 'variables.to-do']],
    ['a word of the language', { 'inputs.while': true }, ['invalid_name', null, 'inputs.while']],
    ['a name of its own', { 'variables.output': { schema: true } }, ['invalid_name', null, 'variables.output']],
    ['what every object has', { 'inputs.constructor': true }, ['invalid_name', null, 'inputs.constructor']],
    ['an underscored name', { 'outputs.__secret': '1' }, ['invalid_name', null, 'outputs.__secret']],
    ['an input named as a variable', { 'inputs.draft': true }, ['duplicate_name', null, 'variables.draft']],
    [
      'an item named as an input',
      {
        [`${each}.itemVariable`]: 'mail',
        [`${each}.result`]: 'stock',
        'nodes.look.data.config.inputMapping.sku': "'a'",
        'nodes.jot.data.config.inputMapping.parts': "['a']",
      },
      ['duplicate_name', 'each', `${each}.itemVariable`],
    ],
  ],
  'limits and times': [
    ['no passes', { [`${polish}.maxIterations`]: 0 }, ['invalid_max_iterations', 'polish', `${polish}.maxIterations`]],
    [
      'negative passes',
      { [`${polish}.maxIterations`]: -3 },
      ['invalid_max_iterations', 'polish', `${polish}.maxIterations`],
    ],
    [
      'half a pass',
      { [`${polish}.maxIterations`]: 1.5 },
      ['invalid_max_iterations', 'polish', `${polish}.maxIterations`],
    ],
    [
      'no bound of passes',
      { [`${polish}.maxIterations`]: undefined },
      ['invalid_max_iterations', 'polish', `${polish}.maxIterations`],
    ],
    [
      'a bound that is no number',
      { [`${polish}.maxIterations`]: '3' },
      ['invalid_max_iterations', 'polish', `${polish}.maxIterations`],
    ],
    ['no concurrency', { [`${each}.concurrency`]: 0 }, ['invalid_concurrency', 'each', `${each}.concurrency`]],
    ['no time', { 'nodes.send.data.timeoutMs': 0 }, ['invalid_timeout', 'send', 'nodes.send.data.timeoutMs']],
    [
      'no attempts',
      { 'nodes.send.data.retry.maxAttempts': 0 },
      ['invalid_retry', 'send', 'nodes.send.data.retry.maxAttempts'],
    ],
    [
      'a negative interval',
      { 'nodes.send.data.retry.initialIntervalMs': -1 },
      ['invalid_retry', 'send', 'nodes.send.data.retry.initialIntervalMs'],
    ],
    [
      'no growth',
      { 'nodes.send.data.retry.backoffFactor': 0 },
      ['invalid_retry', 'send', 'nodes.send.data.retry.backoffFactor'],
    ],
  ],
  'human nodes': [
    [
      'nothing to answer with',
      { 'nodes.approve.data.config.choices': undefined, 'nodes.approve.data.config.onDue': 'fail' },
      ['human_without_answer', 'approve', 'nodes.approve.data.config.message'],
    ],
    [
      'an empty list of choices',
      { 'nodes.approve.data.config.choices': [], 'nodes.approve.data.config.onDue': undefined },
      ['human_without_answer', 'approve', 'nodes.approve.data.config.message'],
    ],
    [
      'a choice twice',
      { 'nodes.approve.data.config.choices.no.id': 'yes', 'nodes.approve.data.config.onDue': 'fail' },
      ['duplicate_choice', 'approve', 'nodes.approve.data.config.choices.1.id'],
    ],
    [
      'a fallback that is no choice',
      { 'nodes.approve.data.config.onDue.choice': 'maybe' },
      ['unknown_choice', 'approve', 'nodes.approve.data.config.onDue.choice'],
    ],
    [
      'a fallback that never falls due',
      { 'nodes.approve.data.config.dueInSeconds': undefined },
      ['invalid_due', 'approve', 'nodes.approve.data.config.onDue'],
    ],
    [
      'due at once',
      { 'nodes.approve.data.config.dueInSeconds': 0 },
      ['invalid_due', 'approve', 'nodes.approve.data.config.dueInSeconds'],
    ],
    [
      'a message that reads an unknown name',
      { 'nodes.approve.data.config.message': 'Send {{drft.text}}?' },
      ['undeclared_variable', 'approve', 'nodes.approve.data.config.message'],
    ],
    [
      'a message that reads an unknown member',
      { 'nodes.approve.data.config.message': 'Send {{draft.txt}}?' },
      ['unknown_property', 'approve', 'nodes.approve.data.config.message'],
    ],
    [
      'a message that reads what is not written yet',
      { 'nodes.approve.data.config.message': 'Again {{receipt}}?' },
      ['maybe_unwritten', 'approve', 'nodes.approve.data.config.message'],
    ],
  ],
}
