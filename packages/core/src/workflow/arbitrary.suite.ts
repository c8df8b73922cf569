import fc from 'fast-check'
import type { Kind } from './arbitrary-catalog.suite.ts'
import { arbitraryTools, inputs, object, scored, text, variables } from './arbitrary-catalog.suite.ts'
import type { Workflow, WorkflowEdge, WorkflowNode } from './document-schema.ts'

/*
 * Random valid workflows of all six node types, nested, with the tools, prompts and inputs to run them: test support for
 * the validator and the compiler. A workflow is built from a list of dice, so a shorter list shrinks to a smaller one.
 */

export interface ArbitraryOptions {
  /** Nodes of these types are left out. */
  without?: readonly WorkflowNode['type'][]
  /** More dice make larger workflows; about six per node. */
  maxDice?: number
}

/** Random valid workflows, in canonical form but for the order of nodes and edges. */
export function arbitraryWorkflow({ without = [], maxDice = 240 }: ArbitraryOptions = {}): fc.Arbitrary<Workflow> {
  return fc
    .array(fc.nat(0xffff), { minLength: 1, maxLength: maxDice, size: 'max' })
    .map((dice) => new WorkflowBuilder(dice, new Set(without)).build())
}

/** What holds at the point where the builder adds the next node. */
interface Point {
  written: ReadonlySet<string>
  output: Kind | null
  hasError: boolean
}

/** A handle that nothing is connected to yet. */
interface Exit {
  source: string
  handle: string
  point: Point
}

interface Surroundings {
  depth: number
  inLoop: boolean
  inMap: boolean
  items: readonly string[]
  /** Variables that a branch at the side of this one may write. */
  barred: ReadonlySet<string>
}

class WorkflowBuilder {
  readonly #dice: readonly number[]
  readonly #without: ReadonlySet<string>
  readonly #nodes: WorkflowNode[] = []
  readonly #edges: WorkflowEdge[] = []
  #at = 0

  constructor(dice: readonly number[], without: ReadonlySet<string>) {
    this.#dice = dice
    this.#without = without
  }

  build(): Workflow {
    const start: Point = { written: new Set(writtenAtStart()), output: null, hasError: false }
    const around: Surroundings = { depth: 0, inLoop: false, inMap: false, items: [], barred: new Set() }
    const { ends } = this.#region(start, around)
    const end = ends.map((exit) => exit.point).reduce(meet)
    const readable = Object.keys(variables).filter((name) => end.written.has(name))
    const outputs = Object.fromEntries(readable.filter(() => this.#roll(3) > 0).map((name) => [name, name]))
    return {
      formatVersion: 1,
      name: 'Generated',
      inputs,
      variables: Object.fromEntries(
        Object.entries(variables).map(([name, { kind: _, ...variable }]) => [name, variable]),
      ),
      outputs: { ...outputs, size: 'size(log)', topic: 'topic' },
      nodes: this.#shuffled(this.#nodes),
      edges: this.#edges,
    }
  }

  /** 0 when the dice are used up: every choice has its simplest case there. */
  #roll(sides: number): number {
    return (this.#dice[this.#at++] ?? 0) % sides
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[this.#roll(items.length)]!
  }

  #shuffled<Item>(items: readonly Item[]): Item[] {
    const left = [...items]
    return items.map(() => left.splice(this.#roll(left.length), 1)[0]!)
  }

  /** A chain of steps from one entry; answers its nodes and where its paths end. */
  #region(start: Point, around: Surroundings): { entry: string; members: string[]; ends: Exit[] } {
    const from = this.#nodes.length
    const entry = this.#nextId()
    let exits = this.#step(start, around)
    const ended: Exit[] = []
    const most = Math.max(1, 5 - around.depth)
    for (let count = 1; count < most && this.#roll(4) > 0; count++) {
      if (exits.length > 1 && this.#roll(6) === 1) ended.push(exits.pop()!)
      const target = this.#nextId()
      for (const exit of exits) this.#connect(exit, target)
      exits = this.#step(exits.map((exit) => exit.point).reduce(meet), around)
    }
    const ends = [...ended, ...exits]
    for (const exit of ends) this.#end(exit)
    const inner = new Set(
      this.#nodes.flatMap((node) => ('bodyNodes' in node.data.config ? node.data.config.bodyNodes : [])),
    )
    const members = this.#nodes.slice(from).map((node) => node.id)
    return { entry, members: members.filter((id) => !inner.has(id)), ends }
  }

  /** One node with all it contains, or a condition with its branches; answers the handles left open. */
  #step(point: Point, around: Surroundings): Exit[] {
    const deeper = around.depth < 3 ? (['condition', 'loop', 'branches', 'map'] as const) : (['condition'] as const)
    const choices = (['tool', 'prompt', 'human', ...deeper] as const).filter(
      (choice) => !this.#without.has(choice === 'branches' || choice === 'map' ? 'parallel' : choice),
    )
    const kind = this.#pick(choices)
    switch (kind) {
      case 'condition':
        return this.#condition(point, around)
      case 'loop':
        return this.#loop(point, around)
      case 'branches':
        return this.#branches(point, around)
      case 'map':
        return this.#map(point, around)
      default:
        return this.#plain(kind, point, around)
    }
  }

  #plain(wanted: 'tool' | 'prompt' | 'human', point: Point, around: Surroundings): Exit[] {
    const id = this.#nextId()
    const free = (kind: Kind) =>
      Object.keys(variables).filter((name) => variables[name]!.kind === kind && !around.barred.has(name))
    const [type, config, kind, name] = this.#plainConfig(wanted, point, around, free)
    const mayFail = type === 'tool' || type === 'prompt'
    const onError = mayFail ? this.#pick([undefined, undefined, 'continue', 'route'] as const) : undefined
    const retry =
      mayFail && this.#roll(5) === 4 ? { retry: { maxAttempts: 2, initialIntervalMs: 0, backoffFactor: 1 } } : {}
    this.#add({ id, type, config, ...retry, ...(onError !== undefined && { onError }) })
    const wrote: Point = { ...point, written: new Set([...point.written, name]), output: kind }
    const exits = [{ source: id, handle: 'out', point: onError === 'continue' ? meet(point, wrote) : wrote }]
    if (onError !== 'route') return exits
    const target = this.#nextId()
    this.#connect({ source: id, handle: 'error', point }, target)
    return [...exits, ...this.#plain('tool', { ...point, hasError: true }, around)]
  }

  #plainConfig(
    type: 'tool' | 'prompt' | 'human',
    point: Point,
    around: Surroundings,
    free: (kind: Kind) => string[],
  ): [type: 'tool' | 'prompt' | 'human', config: unknown, kind: Kind, variable: string] {
    if (type === 'human' && free('answer').length > 0) {
      const outputVariable = this.#pick(free('answer'))
      const choices = [
        { id: 'yes', label: 'Yes' },
        { id: 'no', label: 'No' },
      ]
      const form = this.#roll(2) === 0 ? {} : { form: object({ reason: text }) }
      return [
        'human',
        { message: `Is {{topic}} right for {{person.name}}?`, ...form, choices, outputVariable },
        'answer',
        outputVariable,
      ]
    }
    if (type === 'prompt' && free('text').length > 0) {
      const judges = free('scored').length > 0 && this.#roll(2) === 1
      const outputVariable = this.#pick(free(judges ? 'scored' : 'text'))
      const inputMapping = judges
        ? { text: this.#text(point, around), level: this.#number(point, around) }
        : { text: this.#text(point, around) }
      const promptId = judges ? 'judge' : this.#pick(['summarize', 'prompt-0'])
      const config = {
        promptId,
        modelId: 'default',
        inputMapping,
        outputVariable,
        ...(judges && { outputSchema: scored }),
      }
      return ['prompt', config, judges ? 'scored' : 'text', outputVariable]
    }
    const tool = this.#pick(arbitraryTools.filter((candidate) => free(candidate.writes).length > 0))
    const outputVariable = this.#pick(free(tool.writes))
    const inputMapping = Object.fromEntries(
      Object.entries(tool.parameters).map(([name, kind]) => [
        name,
        kind === 'number' ? this.#number(point, around) : this.#text(point, around),
      ]),
    )
    return ['tool', { toolId: tool.id, inputMapping, outputVariable }, tool.writes, outputVariable]
  }

  #condition(point: Point, around: Surroundings): Exit[] {
    const id = this.#nextId()
    this.#add({ id, type: 'condition', config: { expression: this.#truth(point, around) } })
    return (['true', 'false'] as const).flatMap((handle) => {
      const exit = { source: id, handle, point }
      if (this.#roll(2) === 0) return [exit]
      this.#connect(exit, this.#nextId())
      return this.#step(point, { ...around, depth: around.depth + 1 })
    })
  }

  #loop(point: Point, around: Surroundings): Exit[] {
    const id = this.#nextId()
    const most = 1 + this.#roll(3)
    const config = { maxIterations: most, condition: '', bodyNodes: [] as string[] }
    this.#add({ id, type: 'loop', config })
    const inside = { ...around, depth: around.depth + 1, inLoop: true }
    const first: Point = { ...point, output: point.output === null ? null : 'unknown' }
    config.condition = `loop.index < ${this.#roll(3)} || (loop.index < 1 && ${this.#truth(first, inside)})`
    config.bodyNodes = this.#body(id, first, inside).members
    return [{ source: id, handle: 'done', point: { ...point, output: point.output === null ? null : 'unknown' } }]
  }

  #branches(point: Point, around: Surroundings): Exit[] {
    const id = this.#nextId()
    const config = { mode: 'branches', bodyNodes: [] as string[], ...(this.#roll(2) === 1 && { concurrency: 2 }) }
    this.#add({ id, type: 'parallel', config })
    const plain = Object.keys(variables).filter((name) => variables[name]!.reducer === undefined)
    const count = 1 + this.#roll(3)
    const written = new Set(point.written)
    for (let branch = 0; branch < count; branch++) {
      const others = plain.filter((_, index) => index % count !== branch)
      const inside = { ...around, depth: around.depth + 1, barred: new Set([...around.barred, ...others]) }
      const body = this.#body(id, point, inside)
      config.bodyNodes.push(...body.members)
      for (const name of body.end.written) written.add(name)
    }
    return [{ source: id, handle: 'done', point: { ...point, written } }]
  }

  #map(point: Point, around: Surroundings): Exit[] {
    const lists = ['results', 'more'].filter((name) => !around.barred.has(name))
    if (lists.length === 0) return this.#plain('tool', point, around)
    const id = this.#nextId()
    const itemVariable = `item${around.items.length}`
    const outputVariable = this.#pick(lists)
    const items = this.#pick(['words', "['a-b', 'c']", 'words.filter(w, size(w) > 2)', 'log'])
    const config = { mode: 'map', items, itemVariable, result: '', outputVariable, bodyNodes: [] as string[] }
    const onItemError = this.#pick([undefined, undefined, 'collect', 'skip'] as const)
    this.#add({ id, type: 'parallel', config: { ...config, ...(onItemError !== undefined && { onItemError }) } })
    const node = this.#nodes.at(-1)!
    // What other branches write is local here, so nothing is barred but what reaches outside.
    const inside = {
      ...around,
      depth: around.depth + 1,
      inMap: true,
      items: [...around.items, itemVariable],
      barred: new Set<string>(),
    }
    const body = this.#body(id, point, inside)
    Object.assign(node.data.config, { bodyNodes: body.members, result: this.#text(body.end, inside) })
    const written = new Set([...point.written, outputVariable])
    return [{ source: id, handle: 'done', point: { ...point, written, output: 'list' } }]
  }

  #body(container: string, start: Point, around: Surroundings): { members: string[]; end: Point } {
    this.#edges.push({
      id: `edge-${this.#edges.length}`,
      source: container,
      sourceHandle: 'body',
      target: this.#nextId(),
    })
    const { members, ends } = this.#region(start, around)
    const end = ends.map((exit) => exit.point).reduce(meet)
    return { members, end: { ...end, hasError: start.hasError && end.hasError } }
  }

  #connect({ source, handle }: Exit, target: string): void {
    this.#setTarget(source, handle, target)
    const sourceHandle = handle === 'out' ? {} : { sourceHandle: handle }
    this.#edges.push({ id: `edge-${this.#edges.length}`, source, ...sourceHandle, target })
  }

  #end({ source, handle }: Exit): void {
    this.#setTarget(source, handle, 'end')
  }

  #setTarget(source: string, handle: string, target: string): void {
    const node = this.#nodes.find(({ id }) => id === source)!
    if (node.type !== 'condition') return
    const { expression, trueTarget, falseTarget } = node.data.config
    const targets = handle === 'true' ? { trueTarget: target, falseTarget } : { trueTarget, falseTarget: target }
    node.data.config = { expression, ...targets }
  }

  #nextId(): string {
    return `n${this.#nodes.length}`
  }

  #add({
    id,
    type,
    config,
    ...policies
  }: {
    id: string
    type: string
    config: unknown
    [policy: string]: unknown
  }): void {
    const position = { x: 40 * this.#nodes.length, y: this.#roll(400) }
    this.#nodes.push({ id, type, position, data: { label: `Node ${id}`, config, ...policies } } as WorkflowNode)
  }

  #text(point: Point, around: Surroundings): string {
    const read = this.#readable(point, { text: '', scored: '.label', answer: '.by' })
    const items = around.items
    const output = point.output === 'text' ? ['output'] : point.output === 'scored' ? ['output.label'] : []
    const error = point.hasError ? ['error.message'] : []
    const atom = this.#pick(['topic', "'word-x'", 'person.name', ...read, ...items, ...output, ...error])
    return this.#pick([atom, atom, `${atom} + '-' + topic`, `(flag ? ${atom} : 'other')`])
  }

  #number(point: Point, around: Surroundings): string {
    const read = this.#readable(point, { number: '', scored: '.score' })
    const counters = [...(around.inLoop ? ['loop.index'] : []), ...(around.inMap ? ['index'] : [])]
    const output = point.output === 'number' ? ['output'] : []
    const atom = this.#pick(['limit', '2', 'person.age', ...read, ...counters, ...output])
    return this.#pick([atom, `${atom} + 1`, `${atom} * 2 - limit`])
  }

  #truth(point: Point, around: Surroundings): string {
    switch (this.#roll(5)) {
      case 0:
        return 'flag'
      case 1:
        return `${this.#number(point, around)} < 3`
      case 2:
        return `size(${this.#text(point, around)}) > 4`
      case 3:
        return `${this.#text(point, around)} == topic || !flag`
      default:
        return `${this.#pick(["words.exists(w, w == 'a')", "'a' in words", 'size(log) > 1', 'flag'])}`
    }
  }

  #readable(point: Point, suffixes: Partial<Record<Kind, string>>): string[] {
    return [...point.written].flatMap((name) => {
      const suffix = suffixes[variables[name]!.kind]
      return suffix === undefined ? [] : [`${name}${suffix}`]
    })
  }
}

function writtenAtStart(): string[] {
  return Object.keys(variables).filter((name) => {
    const variable = variables[name]!
    return variable.default !== undefined || variable.reducer !== undefined
  })
}

function meet(a: Point, b: Point): Point {
  return {
    written: new Set([...a.written].filter((name) => b.written.has(name))),
    output: a.output === b.output ? a.output : a.output === null || b.output === null ? null : 'unknown',
    hasError: a.hasError && b.hasError,
  }
}
