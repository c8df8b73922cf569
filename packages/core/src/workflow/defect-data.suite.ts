import type { Case } from './defect.suite.ts'
import { edge, tool } from './defect.suite.ts'

const send = 'nodes.send.data.config'
const polish = 'nodes.polish.data.config'
const each = 'nodes.each.data.config'

/** Defects of expressions, of what is written when it is read, of schemas and of the document's shape, in the order desk. */
export const dataDefects: Record<string, Case[]> = {
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
    ['a map over a text', { [`${each}.items`]: 'mail.body' }, ['not_a_list', 'each', `${each}.items`]],
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
      'a default of an input that does not fit',
      { 'inputs.mail.default': { body: 1 } },
      ['default_mismatch', null, 'inputs.mail.default.body'],
    ],
    [
      'a default that its reducer appends nothing to',
      { 'variables.notes': { schema: true, reducer: 'append', default: 5 } },
      ['default_mismatch', null, 'variables.notes.default'],
    ],
    [
      'a default that its reducer adds nothing to',
      { 'variables.extra': { schema: true, reducer: 'sum', default: 'x' } },
      ['default_mismatch', null, 'variables.extra.default'],
    ],
    [
      'a default that its reducer merges nothing into',
      { 'variables.extra': { schema: true, reducer: 'merge', default: [] } },
      ['default_mismatch', null, 'variables.extra.default'],
    ],
    [
      'a default that fits neither its schema nor its reducer, once',
      { 'variables.notes.default': 5 },
      ['default_mismatch', null, 'variables.notes.default'],
    ],
    [
      'a list of results for a sum',
      { 'variables.found': { schema: true, reducer: 'sum' }, 'nodes.pricing.data.config.inputMapping': {} },
      ['write_mismatch', 'each', `${each}.outputVariable`],
    ],
    [
      'an answer for a sum',
      { 'variables.approval': { schema: true, reducer: 'sum' }, 'nodes.granted.data.config.expression': 'true' },
      ['write_mismatch', 'approve', 'nodes.approve.data.config.outputVariable'],
    ],
    [
      'a list for what is merged',
      { 'variables.order.reducer': 'merge', 'nodes.read.data.config.outputSchema': { type: ['array', 'string'] } },
      ['write_mismatch', 'read', 'nodes.read.data.config.outputVariable'],
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

/** Defects that show only against the catalogue of the order desk. */
export const catalogueDefects: Record<string, Case[]> = {
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
