import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arbitraryWorkflow } from './arbitrary.suite.ts'
import { arbitraryCatalog } from './arbitrary-catalog.suite.ts'
import type { Workflow } from './document-schema.ts'
import { orderDesk, orderDeskCatalog } from './fixture.suite.ts'
import { parseWorkflow } from './parse.ts'
import { validateWorkflow } from './validate.ts'

type Tree = Record<string, unknown>

/** Where a dotted path leads: items of lists by their id or position, `+` behind the last. */
function find(document: unknown, path: string): { owner: Tree; key: string } {
  const keys = path.split('.')
  let owner = document as Tree
  const keyIn = (at: Tree, key: string) => {
    if (!Array.isArray(at)) return key
    if (key === '+') return String(at.length)
    const index = at.findIndex((item: Tree) => item?.id === key)
    return index < 0 ? key : String(index)
  }
  for (const key of keys.slice(0, -1)) owner = owner[keyIn(owner, key)] as Tree
  return { owner, key: keyIn(owner, keys.at(-1)!) }
}

/** The document with values put at dotted paths; `undefined` takes the member or item away. */
function broken(document: unknown, changes: Record<string, unknown>): unknown {
  const copy = structuredClone(document)
  for (const [path, value] of Object.entries(changes)) {
    const { owner, key } = find(copy, path)
    if (value !== undefined) owner[key] = value
    else if (Array.isArray(owner)) owner.splice(Number(key), 1)
    else delete owner[key]
  }
  return copy
}

function pointerTo(document: unknown, path: string): string {
  const keys = path === '' ? [] : path.split('.')
  return keys
    .map((_, index) => `/${find(document, keys.slice(0, index + 1).join('.')).key.replaceAll('/', '~1')}`)
    .join('')
}

const edge = (source: string, target: string, sourceHandle?: string, id = `${source}-${target}`) => ({
  id,
  source,
  ...(sourceHandle !== undefined && { sourceHandle }),
  target,
})

const tool = (id: string, changes: Tree = {}) => ({
  id,
  type: 'tool',
  position: { x: 0, y: 0 },
  data: {
    label: id,
    config: { toolId: 'text.join', inputMapping: { parts: "['a']" }, outputVariable: 'notes', ...changes },
  },
})

/** What is broken, how, and every finding: its reason, its node and the path to the field. */
type Case = [
  name: string,
  changes: Record<string, unknown>,
  ...found: [reason: string, nodeId: string | null, path: string][],
]

const send = 'nodes.send.data.config'
const polish = 'nodes.polish.data.config'
const each = 'nodes.each.data.config'

const cases: Record<string, Case[]> = {
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
      ['unreachable_node', 'tidy', 'nodes.tidy'],
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
      { 'edges.+': edge('granted', 'report', 'false') },
      ['target_mismatch', 'granted', 'nodes.granted.data.config.falseTarget'],
    ],
    [
      'a target that is no node',
      { 'edges.e13': undefined, 'nodes.granted.data.config.trueTarget': 'snd' },
      ['unknown_target', 'granted', 'nodes.granted.data.config.trueTarget'],
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
      ['unlisted_body_node', 'each', `${each}.bodyNodes`],
    ],
    ['no body list at all', { [`${each}.bodyNodes`]: undefined }, ['missing_key', 'each', `${each}.bodyNodes`]],
    [
      'a listed node that is none',
      { [`${polish}.bodyNodes.+`]: 'wrte' },
      ['unknown_body_node', 'polish', `${polish}.bodyNodes.1`],
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
      ['human_without_answer', 'approve', 'nodes.approve.data.config.choices'],
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
  expressions: [
    [
      'a syntax error',
      { 'nodes.check.data.config.expression': 'order.urgent ||' },
      ['expression_syntax', 'check', 'nodes.check.data.config.expression'],
    ],
    [
      'an empty expression',
      { 'nodes.check.data.config.expression': '' },
      ['expression_syntax', 'check', 'nodes.check.data.config.expression'],
    ],
    [
      'a type error',
      { 'nodes.check.data.config.expression': "price > 'much'" },
      ['expression_type', 'check', 'nodes.check.data.config.expression'],
    ],
    [
      'a type error against an input',
      { [`${send}.inputMapping.text`]: 'mail.body + 1' },
      ['expression_type', 'send', `${send}.inputMapping.text`],
    ],
    [
      'a type error against an output schema',
      {
        'nodes.+': tool('x', { inputMapping: { parts: '[output.text * 2]' } }),
        [`${polish}.bodyNodes.+`]: 'x',
        'edges.+': edge('write', 'x'),
      },
      ['expression_type', 'x', 'nodes.x.data.config.inputMapping.parts'],
    ],
    [
      'a member that the schema has not',
      { [`${send}.inputMapping.text`]: 'draft.txt' },
      ['unknown_property', 'send', `${send}.inputMapping.text`],
    ],
    [
      'a function that is none',
      { [`${send}.inputMapping.text`]: 'upper(draft.text)' },
      ['unknown_function', 'send', `${send}.inputMapping.text`],
    ],
    [
      'an undeclared variable',
      { [`${send}.inputMapping.text`]: 'daft.text' },
      ['undeclared_variable', 'send', `${send}.inputMapping.text`],
    ],
    [
      'an item outside its map',
      { [`${send}.inputMapping.text`]: 'line.sku' },
      ['undeclared_variable', 'send', `${send}.inputMapping.text`],
    ],
    [
      'a pass outside a loop',
      { [`${send}.inputMapping.text`]: 'string(loop.index)' },
      ['undeclared_variable', 'send', `${send}.inputMapping.text`],
    ],
    [
      'an index outside a map',
      { [`${send}.inputMapping.text`]: 'string(index)' },
      ['undeclared_variable', 'send', `${send}.inputMapping.text`],
    ],
    [
      'an error where none was',
      { [`${send}.inputMapping.text`]: 'error.message' },
      ['undeclared_variable', 'send', `${send}.inputMapping.text`],
    ],
    [
      'an error where another path leads too',
      { 'nodes.send.data.onError': undefined, 'edges.e14.sourceHandle': undefined },
      ['undeclared_variable', 'report', 'nodes.report.data.config.inputMapping.parts'],
    ],
    [
      'a condition that is no truth',
      { 'nodes.check.data.config.expression': 'price + 1' },
      ['not_a_condition', 'check', 'nodes.check.data.config.expression'],
    ],
    [
      'a loop on a number',
      { [`${polish}.condition`]: 'draft.score' },
      ['not_a_condition', 'polish', `${polish}.condition`],
    ],
    ['a map over no list', { [`${each}.items`]: 'order' }, ['not_a_list', 'each', `${each}.items`]],
    [
      'a map over a text',
      { [`${each}.items`]: 'mail.body' },
      ['not_a_list', 'each', `${each}.items`],
      ['unknown_property', 'each', `${each}.result`],
    ],
    [
      'too large an expression',
      { [`${send}.inputMapping.text`]: `${'('.repeat(40)}'a'${')'.repeat(40)}` },
      ['expression_limit', 'send', `${send}.inputMapping.text`],
    ],
    ['an output that is no expression', { 'outputs.reply': 'draft.' }, ['expression_syntax', null, 'outputs.reply']],
    [
      'an output of an undeclared variable',
      { 'outputs.reply': 'replay' },
      ['undeclared_variable', null, 'outputs.reply'],
    ],
  ],
  'what is written when it is read': [
    [
      'a variable that nobody writes',
      { 'variables.extra': { schema: { type: 'string' } }, [`${send}.inputMapping.text`]: 'extra' },
      ['never_written', 'send', `${send}.inputMapping.text`],
    ],
    [
      'an output that nobody writes',
      { 'variables.extra': { schema: true }, 'outputs.extra': 'extra' },
      ['never_written', null, 'outputs.extra'],
    ],
    [
      'an output that some path has not written',
      { 'outputs.choice': 'approval.choice' },
      ['maybe_unwritten', null, 'outputs.choice'],
    ],
    [
      'what a map wrote, after it',
      { [`${send}.inputMapping.text`]: 'string(stock)' },
      ['maybe_unwritten', 'send', `${send}.inputMapping.text`],
    ],
    [
      'what one branch of a condition wrote',
      { [`${send}.inputMapping.text`]: 'approval.choice' },
      ['maybe_unwritten', 'send', `${send}.inputMapping.text`],
    ],
    [
      'what a later node writes',
      { 'nodes.check.data.config.expression': "approval.choice == 'yes'" },
      ['maybe_unwritten', 'check', 'nodes.check.data.config.expression'],
    ],
    [
      'what another branch at the side writes',
      { 'nodes.pricing.data.config.inputMapping.items': 'address' },
      ['maybe_unwritten', 'pricing', 'nodes.pricing.data.config.inputMapping.items'],
    ],
    [
      'what a loop may have written',
      { 'variables.draft.default': undefined },
      ['maybe_unwritten', 'polish', `${polish}.condition`],
      ['maybe_unwritten', 'write', 'nodes.write.data.config.inputMapping.before'],
      ['maybe_unwritten', 'approve', 'nodes.approve.data.config.message'],
      ['maybe_unwritten', 'send', `${send}.inputMapping.text`],
      ['maybe_unwritten', null, 'outputs.reply'],
    ],
    [
      'what failed and went on',
      { 'nodes.read.data.onError': 'continue' },
      ['maybe_unwritten', 'each', `${each}.items`],
      ['maybe_unwritten', 'check', 'nodes.check.data.config.expression'],
    ],
    [
      'what failed and took the error edge',
      { 'nodes.report.data.config.inputMapping.parts': '[receipt]' },
      ['maybe_unwritten', 'report', 'nodes.report.data.config.inputMapping.parts'],
    ],
    [
      '"output" before anything wrote',
      { 'nodes.read.data.config.inputMapping.mail': 'output' },
      ['unwritten_output', 'read', 'nodes.read.data.config.inputMapping.mail'],
    ],
    [
      'two branches that write one variable',
      {
        'nodes.pricing.data.config.outputVariable': 'address',
        'nodes.pricing.data.config.toolId': 'text.join',
        'nodes.pricing.data.config.inputMapping': { parts: "['a']" },
        'nodes.check.data.config.expression': 'order.urgent',
        'nodes.write.data.config.inputMapping.price': '1',
      },
      ['concurrent_writes', 'pricing', 'nodes.pricing.data.config.outputVariable'],
      ['concurrent_writes', 'locate', 'nodes.locate.data.config.outputVariable'],
      ['concurrent_writes', 'tidy', 'nodes.tidy.data.config.outputVariable'],
    ],
    [
      'a write to an undeclared variable',
      { 'nodes.report.data.config.outputVariable': 'recept' },
      ['undeclared_variable', 'report', 'nodes.report.data.config.outputVariable'],
    ],
    [
      'a write to an input',
      { 'nodes.report.data.config.outputVariable': 'mail' },
      ['write_to_input', 'report', 'nodes.report.data.config.outputVariable'],
    ],
    [
      'a condition that its loop can not change',
      { [`${polish}.condition`]: 'price < 100' },
      ['constant_condition', 'polish', `${polish}.condition`],
    ],
    [
      'a condition that never changes',
      { [`${polish}.condition`]: 'true' },
      ['constant_condition', 'polish', `${polish}.condition`],
    ],
  ],
  'schemas and what fits them': [
    ['an invalid input schema', { 'inputs.mail.type': 'strng' }, ['invalid_json_schema', null, 'inputs.mail.type']],
    [
      'an invalid variable schema',
      { 'variables.receipt.schema': { type: 'string', minLength: -1 } },
      ['invalid_json_schema', null, 'variables.receipt.schema.minLength'],
    ],
    [
      'an invalid output schema',
      { 'nodes.write.data.config.outputSchema': { type: 'object', required: 'text' } },
      ['invalid_json_schema', 'write', 'nodes.write.data.config.outputSchema.required'],
    ],
    [
      'an invalid form',
      { 'nodes.approve.data.config.form': { type: 'object', properties: { why: 'string' } } },
      ['invalid_json_schema', 'approve', 'nodes.approve.data.config.form.properties.why'],
    ],
    [
      'a default that does not fit',
      { 'variables.draft.default': { text: 1, score: 0 } },
      ['default_mismatch', null, 'variables.draft.default.text'],
    ],
    [
      'a reducer that does not fit',
      { 'variables.notes.reducer': 'sum' },
      ['reducer_mismatch', null, 'variables.notes.reducer'],
    ],
    [
      'an output schema that does not fit the variable',
      { 'nodes.write.data.config.outputSchema': { type: 'array' } },
      ['write_mismatch', 'write', 'nodes.write.data.config.outputVariable'],
    ],
    [
      'a member that does not fit the variable',
      { 'nodes.write.data.config.outputSchema': { type: 'object', properties: { score: { type: 'string' } } } },
      ['write_mismatch', 'write', 'nodes.write.data.config.outputVariable'],
    ],
    [
      'results that do not fit the variable',
      { 'variables.found.schema': { type: 'array', items: { type: 'string' } } },
      ['write_mismatch', 'each', `${each}.outputVariable`],
    ],
    [
      'a list of results for a variable that is none',
      { 'variables.found.schema': { type: 'object' } },
      ['write_mismatch', 'each', `${each}.outputVariable`],
    ],
    [
      'an answer for a text',
      { 'variables.approval.schema': { type: 'string' }, 'nodes.granted.data.config.expression': "approval == 'yes'" },
      ['write_mismatch', 'approve', 'nodes.approve.data.config.outputVariable'],
    ],
  ],
  'the shape': [
    ['an unknown key', { 'nodes.send.data.config.tool': 'x' }, ['unknown_key', 'send', 'nodes.send.data.config.tool']],
    [
      'a misspelt key',
      { 'nodes.send.data.config.inputMaping': {}, 'nodes.send.data.config.inputMapping': undefined },
      ['unknown_key', 'send', 'nodes.send.data.config.inputMaping'],
    ],
    ['an unknown mode', { [`${each}.mode`]: 'each' }, ['invalid_value', 'each', `${each}.mode`]],
    [
      'an unknown policy',
      { 'nodes.send.data.onError': 'ignore' },
      ['invalid_value', 'send', 'nodes.send.data.onError'],
    ],
    ['an unknown reducer', { 'variables.notes.reducer': 'concat' }, ['invalid_value', null, 'variables.notes.reducer']],
    [
      'a ref to nothing',
      { 'nodes.write.data.config.ref': { lable: 'x' } },
      ['invalid_value', 'write', 'nodes.write.data.config.ref'],
    ],
    ['another format', { formatVersion: 2 }, ['unsupported_format', null, 'formatVersion']],
    ['no name', { name: '' }, ['invalid_value', null, 'name']],
    ['nodes that are no list', { nodes: {} }, ['wrong_type', null, 'nodes']],
    ['an edge without target', { 'edges.e14.target': undefined }, ['missing_key', 'send', 'edges.e14.target']],
    [
      'a mapping that is no text',
      { [`${send}.inputMapping.text`]: 3 },
      ['wrong_type', 'send', `${send}.inputMapping.text`],
    ],
    [
      'a schema that is none',
      { 'variables.receipt.schema': 'string' },
      ['invalid_value', null, 'variables.receipt.schema'],
    ],
  ],
}

const named: Record<string, Case[]> = {
  'the catalogue': [
    [
      'an unknown prompt',
      { 'nodes.write.data.config.promptId': 'replay' },
      ['unknown_prompt', 'write', 'nodes.write.data.config.promptId'],
    ],
    [
      'an unknown model',
      { 'nodes.write.data.config.modelId': 'gpt' },
      ['unknown_model', 'write', 'nodes.write.data.config.modelId'],
    ],
    ['an unknown tool', { [`${send}.toolId`]: 'mail.sent' }, ['unknown_tool', 'send', `${send}.toolId`]],
    [
      'a missing parameter',
      { [`${send}.inputMapping.text`]: undefined },
      ['missing_parameter', 'send', `${send}.inputMapping`],
    ],
    [
      'an unknown parameter',
      { [`${send}.inputMapping.cc`]: 'address' },
      ['unknown_parameter', 'send', `${send}.inputMapping.cc`],
    ],
    [
      'a parameter beyond those listed',
      { 'nodes.report.data.config.inputMapping.wth': "'a'" },
      ['unknown_parameter', 'report', 'nodes.report.data.config.inputMapping.wth'],
    ],
    [
      'an argument of another type',
      { [`${send}.inputMapping.text`]: 'price' },
      ['argument_mismatch', 'send', `${send}.inputMapping.text`],
    ],
    [
      'list items of another type',
      { 'nodes.jot.data.config.inputMapping.parts': '[stock]' },
      ['argument_mismatch', 'jot', 'nodes.jot.data.config.inputMapping.parts'],
    ],
    [
      'a missing prompt variable',
      { 'nodes.write.data.config.inputMapping.to': undefined },
      ['missing_parameter', 'write', 'nodes.write.data.config.inputMapping'],
    ],
    [
      'an unknown prompt variable',
      { 'nodes.write.data.config.inputMapping.form': "'a'" },
      ['unknown_parameter', 'write', 'nodes.write.data.config.inputMapping.form'],
    ],
    [
      'a prompt variable of another type',
      { 'nodes.write.data.config.inputMapping.price': "'a'" },
      ['argument_mismatch', 'write', 'nodes.write.data.config.inputMapping.price'],
    ],
    [
      'a tool whose output does not fit',
      { 'nodes.report.data.config.toolId': 'price' },
      ['write_mismatch', 'report', 'nodes.report.data.config.outputVariable'],
    ],
    [
      'a type error against a tool’s output',
      { 'nodes.tidy.data.config.inputMapping.parts': '[output * 2]' },
      ['expression_type', 'tidy', 'nodes.tidy.data.config.inputMapping.parts'],
    ],
  ],
}

function expectFindings(changes: Case[1], found: unknown[], catalog?: typeof orderDeskCatalog): void {
  const document = broken(orderDesk(), changes)
  const diagnostics = validateWorkflow(document, catalog)
  const [, , ...expected] = ['', {}, ...(found as [string, string | null, string][])] as Case
  expect(diagnostics.map(({ code, nodeId, path }) => [code, nodeId, path]).sort()).toEqual(
    expected.map(([reason, nodeId, path]) => [`workflow.${reason}`, nodeId, pointerTo(document, path)]).sort(),
  )
  for (const { severity, message, hint } of diagnostics) {
    expect(severity).toBe('error')
    expect(message).toMatch(/^["“A-Z{].*[.?]$/s)
    expect(hint).toMatch(/^["A-Z].*[.?:…)\]]$/s)
  }
}

describe.each(Object.entries(cases))('%s', (_, group) => {
  test.each(group)('%s', (_name, changes, ...found) => expectFindings(changes, found))
})

describe.each(Object.entries(named))('%s', (_, group) => {
  test.each(group)('%s', (_name, changes, ...found) => expectFindings(changes, found, orderDeskCatalog))
})

test('a valid workflow has no finding, with and without a catalogue', () => {
  expect(validateWorkflow(orderDesk())).toEqual([])
  expect(validateWorkflow(orderDesk(), orderDeskCatalog)).toEqual([])
})

test('generated valid workflows have no finding, with and without a catalogue', () => {
  fc.assert(
    fc.property(arbitraryWorkflow(), (workflow) => {
      expect(parseWorkflow(workflow)).toEqual({ ok: true, workflow })
      expect(validateWorkflow(workflow)).toEqual([])
      expect(validateWorkflow(workflow, arbitraryCatalog)).toEqual([])
    }),
    { numRuns: 300 },
  )
})

describe('several defects', () => {
  // One of each group that does not touch the parts of the others.
  const together: Record<string, unknown> = {
    'nodes.approve.data.config.message': 'Send {{draft.txt}}?',
    'nodes.send.data.timeoutMs': -1,
    [`${polish}.maxIterations`]: undefined,
    'nodes.locate.data.config.inputMapping.parts': '[mail.form]',
    'nodes.report.type': 'tul',
    [`${each}.items`]: 'order.urgent',
    'variables.draft.default': {},
    'edges.+': edge('granted', 'nowhere', 'false'),
    'outputs.reply': 'reply',
  }

  test('do not hide each other, whether of shape or of meaning', () => {
    const codes = validateWorkflow(broken(orderDesk(), together)).map(({ code, nodeId }) => [code, nodeId])
    expect(codes).toEqual(
      expect.arrayContaining([
        ['workflow.unknown_property', 'approve'],
        ['workflow.invalid_timeout', 'send'],
        ['workflow.invalid_max_iterations', 'polish'],
        ['workflow.unknown_property', 'locate'],
        ['workflow.unknown_node_type', 'report'],
        ['workflow.not_a_list', 'each'],
        ['workflow.default_mismatch', null],
        ['workflow.edge_to_missing_node', 'granted'],
        ['workflow.undeclared_variable', null],
      ]),
    )
    expect(codes.length).toBeLessThanOrEqual(11)
  })

  test('of any two groups are both found', () => {
    const single = Object.values(cases)
      .flat()
      .filter(([name]) => !/^(no nodes|nodes that are no list)$/.test(name))
    fc.assert(
      fc.property(fc.constantFrom(...single), fc.constantFrom(...single), (a, b) => {
        const paths = [...Object.keys(a[1]), ...Object.keys(b[1])].map((path) => path.split('.').slice(0, 2).join('.'))
        fc.pre(new Set(paths).size === paths.length && !paths.some((path) => path === 'edges.+' || path === 'nodes.+'))
        const codes = validateWorkflow(broken(broken(orderDesk(), a[1]), b[1])).map(({ code }) => code)
        for (const [reason] of [a[2], b[2]] as [string][]) expect(codes).toContain(`workflow.${reason}`)
      }),
      { numRuns: 300 },
    )
  })
})
