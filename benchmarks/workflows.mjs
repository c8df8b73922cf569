const position = { x: 0, y: 0 }

/** A chain of tool nodes, each adding one to `n`. */
export function chain(length) {
  const nodes = Array.from({ length }, (_, index) => ({
    id: `step${index}`,
    type: 'tool',
    position,
    data: { label: `Step ${index}`, config: { toolId: 'add', inputMapping: { n: 'n' }, outputVariable: 'n' } },
  }))
  const edges = nodes.slice(1).map((node, index) => ({ id: `e${index}`, source: `step${index}`, target: node.id }))
  return {
    formatVersion: 1,
    name: `Chain of ${length}`,
    inputs: {},
    variables: { n: { schema: { type: 'integer' }, default: 0 } },
    outputs: { n: 'n' },
    nodes,
    edges,
  }
}

/** A map over a list with one tool node per item. */
export function map() {
  return {
    formatVersion: 1,
    name: 'Map',
    inputs: { items: { type: 'array', items: { type: 'integer' } } },
    variables: { one: { schema: { type: 'integer' } }, all: { schema: { type: 'array', items: { type: 'integer' } } } },
    outputs: { all: 'all' },
    nodes: [
      {
        id: 'each',
        type: 'parallel',
        position,
        data: {
          label: 'Each',
          config: {
            mode: 'map',
            items: 'items',
            itemVariable: 'item',
            result: 'one',
            outputVariable: 'all',
            bodyNodes: ['add'],
          },
        },
      },
      {
        id: 'add',
        type: 'tool',
        position,
        data: { label: 'Add', config: { toolId: 'add', inputMapping: { n: 'item' }, outputVariable: 'one' } },
      },
    ],
    edges: [{ id: 'e1', source: 'each', sourceHandle: 'body', target: 'add' }],
  }
}

/** A thousand nodes of all kinds: 100 blocks of a loop, a condition, branches, a map and their bodies, one after another. */
export function thousand() {
  const nodes = []
  const edges = []
  const add = (id, type, config) => nodes.push({ id, type, position, data: { label: id, config } })
  const edge = (source, target, sourceHandle) =>
    edges.push({ id: `e${edges.length}`, source, ...(sourceHandle ? { sourceHandle } : {}), target })
  for (let block = 0; block < 100; block++) {
    const id = (name) => `${name}${block}`
    add(id('loop'), 'loop', { maxIterations: 3, condition: 'n < 10 && loop.index < 3', bodyNodes: [id('inc')] })
    add(id('inc'), 'tool', { toolId: 'add', inputMapping: { n: 'n + 1' }, outputVariable: 'n' })
    edge(id('loop'), id('inc'), 'body')
    add(id('check'), 'condition', { expression: "n > 3 && text == 'a'", trueTarget: id('yes'), falseTarget: id('no') })
    add(id('yes'), 'tool', { toolId: 'add', inputMapping: { n: 'n' }, outputVariable: 'n' })
    add(id('no'), 'tool', { toolId: 'say', inputMapping: { text: "text + '!'" }, outputVariable: 'text' })
    edge(id('check'), id('yes'), 'true')
    edge(id('check'), id('no'), 'false')
    add(id('fork'), 'parallel', { mode: 'branches', bodyNodes: [id('left'), id('right')] })
    add(id('left'), 'tool', { toolId: 'add', inputMapping: { n: 'n' }, outputVariable: 'n' })
    add(id('right'), 'tool', { toolId: 'say', inputMapping: { text: 'text' }, outputVariable: 'text' })
    edge(id('fork'), id('left'), 'body')
    edge(id('fork'), id('right'), 'body')
    add(id('map'), 'parallel', {
      mode: 'map',
      items: 'list.filter(x, x > 2)',
      itemVariable: 'item',
      result: 'n',
      outputVariable: 'list',
      bodyNodes: [id('one')],
    })
    add(id('one'), 'tool', { toolId: 'add', inputMapping: { n: 'item + index' }, outputVariable: 'n' })
    edge(id('map'), id('one'), 'body')
    edge(id('loop'), id('check'), 'done')
    edge(id('yes'), id('fork'))
    edge(id('no'), id('fork'))
    edge(id('fork'), id('map'), 'done')
    if (block > 0) edge(`map${block - 1}`, id('loop'), 'done')
  }
  return {
    formatVersion: 1,
    name: 'A thousand nodes',
    inputs: { start: { type: 'integer' } },
    variables: {
      n: { schema: { type: 'integer' }, default: 0 },
      text: { schema: { type: 'string' }, default: 'a' },
      list: { schema: { type: 'array', items: { type: 'integer' } }, default: [1, 2, 3] },
    },
    outputs: { n: 'n', text: 'text' },
    nodes,
    edges,
  }
}

export const tools = {
  add: ({ n }) => n + 1,
  say: ({ text }) => text,
}
