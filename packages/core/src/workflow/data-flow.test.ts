import { describe, expect, test } from 'vitest'
import { edge, tool } from './defect.suite.ts'
import { validateWorkflow } from './validate.ts'

const condition = (onError?: 'continue' | 'route') => ({
  id: 'if',
  type: 'condition',
  position: { x: 0, y: 0 },
  data: { label: 'if', config: { expression: 'given.absent == 1' }, ...(onError && { onError }) },
})
const around = (config: object) => ({
  id: 'around',
  type: 'parallel',
  position: { x: 0, y: 0 },
  data: { label: 'around', config: { bodyNodes: ['if', 'yes', 'no'], ...config } },
})
const sides = [tool('yes', { outputVariable: 'x' }), tool('no', { outputVariable: 'x' })]
const forks = [edge('if', 'yes', 'true'), edge('if', 'no', 'false')]

function findings(document: object): string[] {
  const variables = { x: { schema: true }, list: { schema: true } }
  const workflow = { formatVersion: 1, name: 'Fork', inputs: { given: true }, variables, outputs: {}, ...document }
  return validateWorkflow(workflow).map(({ code, path }) => `${code} ${path}`)
}

describe('what both sides of a condition write', () => {
  const end = (onError?: 'continue' | 'route') => ({
    outputs: { x: 'x' },
    nodes: [condition(onError), ...sides, ...(onError === 'route' ? [tool('late', { outputVariable: 'list' })] : [])],
    edges: [...forks, ...(onError === 'route' ? [edge('if', 'late', 'error')] : [])],
  })
  const inBody = (config: object, onError?: 'continue') => ({
    outputs: config && 'mode' in config && config.mode === 'map' ? { list: 'list' } : { x: 'x' },
    nodes: [around(config), condition(onError), ...sides],
    edges: [edge('around', 'if', 'body'), ...forks],
  })
  const branches = { mode: 'branches' }
  const map = { mode: 'map', items: '[1]', itemVariable: 'item', result: 'x', outputVariable: 'list' }

  test('is written behind it', () => {
    for (const document of [end(), inBody(branches), inBody(map)]) expect(findings(document)).toEqual([])
  })

  test('may not be written where the condition fails and takes neither side', () => {
    expect(findings(end('continue'))).toEqual(['workflow.maybe_unwritten /outputs/x'])
    expect(findings(inBody(branches, 'continue'))).toEqual(['workflow.maybe_unwritten /outputs/x'])
    expect(findings(inBody(map, 'continue'))).toEqual(['workflow.maybe_unwritten /nodes/0/data/config/result'])
    expect(findings(end('route'))).toEqual(['workflow.maybe_unwritten /outputs/x'])
  })

  test('is written where the path goes on from one of them', () => {
    const joined = {
      nodes: [
        condition('continue'),
        ...sides,
        tool('then', { inputMapping: { parts: '[x]' }, outputVariable: 'list' }),
      ],
    }
    expect(findings({ ...joined, edges: [...forks, edge('yes', 'then'), edge('no', 'then')] })).toEqual([])
  })

  test('leaves no output where the condition fails', () => {
    const before = tool('before', { outputVariable: 'list' })
    const outputs = { x: 'output' }
    expect(
      findings({ outputs, nodes: [before, condition('continue'), ...sides], edges: [edge('before', 'if'), ...forks] }),
    ).toEqual([])
    expect(findings({ outputs, nodes: [condition('continue'), ...sides], edges: forks })).toEqual([
      'workflow.unwritten_output /outputs/x',
    ])
  })
})
