import { FairleadError } from '../base/index.ts'
import { compileExpression, renderTemplate } from '../expression/index.ts'
import type { HumanAnswer, JournalEntry, RunError, Workflow, WorkflowNode } from '../workflow/index.ts'

/*
 * What a workflow means, said a second time and as simply as possible: one recursive walk over the document, one thing
 * after the other, no LangGraph and nothing of the compiler's own. An oracle for tests only. Writes of a branch or an item
 * are not combined as deltas but repeated one by one in the scope outside, in the order of branches and items.
 */

/** The world that a workflow runs in. Everything in it must be deterministic. */
export interface ReferenceHost {
  /** The tool's result; a throw is a failure. */
  tool(toolId: string, input: Record<string, unknown>): unknown
  /** The text of a prompt, by id or key. */
  prompt(promptId: string): string
  /** The model's answer to a rendered prompt. */
  model(prompt: string): string
  answer(address: string): HumanAnswer
}

export interface ReferenceRun {
  /** Inputs and variables by name, and over them the workflow's outputs; null when the run failed. */
  state: Record<string, unknown> | null
  error: RunError | null
  journal: Map<string, Pick<JournalEntry, 'status' | 'output' | 'error'>>
  /** One line per event. */
  events: { address: string; line: string }[]
  /** What lies in these containers may have been cut off by a failure beside it, or not. */
  cut: string[]
  /** What lies in these containers is never waited for: a body of theirs fails whatever anybody answers. */
  unawaited: string[]
  /** True when several bodies failed at once, so that the first of them decides. */
  isRace: boolean
}

type Values = Record<string, unknown>

class Failed extends Error {
  readonly error: RunError

  constructor(error: RunError) {
    super(error.message)
    this.error = error
  }
}

/** Names and values around a node, with what was written since the body around it began. */
class Scope {
  readonly values: Values
  readonly writes: { name: string; value: unknown }[] = []
  prefix: string
  loop: number | undefined
  index: number | undefined
  output: unknown
  error: RunError | undefined

  constructor(values: Values, prefix: string) {
    this.values = values
    this.prefix = prefix
  }

  inside(step: string): Scope {
    const scope = new Scope({ ...this.values }, `${this.prefix}${step}/`)
    scope.loop = this.loop
    scope.index = this.index
    scope.output = this.output
    scope.error = this.error
    return scope
  }
}

/** Runs a valid workflow from start to end. */
export function interpret(workflow: Workflow, input: Values, host: ReferenceHost): ReferenceRun {
  return new Interpreter(workflow, host).run(input)
}

class Interpreter {
  readonly #workflow: Workflow
  readonly #host: ReferenceHost
  readonly #nodes: Map<string, WorkflowNode>
  readonly #parents = new Map<string, WorkflowNode>()
  readonly #run: ReferenceRun = {
    state: null,
    error: null,
    journal: new Map(),
    events: [],
    cut: [],
    unawaited: [],
    isRace: false,
  }
  /** How many answers it took to get here. */
  #answers = 0

  constructor(workflow: Workflow, host: ReferenceHost) {
    this.#workflow = workflow
    this.#host = host
    this.#nodes = new Map(workflow.nodes.map((node) => [node.id, node]))
    for (const node of workflow.nodes) {
      if (node.type !== 'loop' && node.type !== 'parallel') continue
      for (const id of node.data.config.bodyNodes) this.#parents.set(id, node)
    }
  }

  run(input: Values): ReferenceRun {
    const { variables, nodes, edges, outputs } = this.#workflow
    const scope = new Scope({ ...input }, '')
    for (const [name, { default: value, reducer }] of Object.entries(variables)) {
      const first = value ?? { none: undefined, append: [], merge: {}, sum: 0 }[reducer ?? 'none']
      if (first !== undefined) scope.values[name] = first
    }
    const targets = new Set(edges.map((edge) => edge.target))
    const entry = nodes.find(({ id }) => !targets.has(id) && !this.#parents.has(id))!
    try {
      this.#walk(entry.id, scope)
      const results = Object.entries(outputs).map(([name, source]) => [name, this.#evaluate(source, scope)])
      this.#run.state = { ...scope.values, ...Object.fromEntries(results) }
    } catch (error) {
      this.#run.error = error instanceof Failed ? error.error : { code: (error as FairleadError).code, message: '' }
    }
    return this.#run
  }

  #walk(entry: string, scope: Scope): void {
    for (let id: string | undefined = entry; id !== undefined; ) id = this.#step(this.#nodes.get(id)!, scope)
  }

  /** Executes a node and answers the next one on the path. */
  #step(node: WorkflowNode, scope: Scope): string | undefined {
    const address = scope.prefix + node.id
    const { loop, prefix, error: before } = scope
    try {
      return this.#next(node, this.#execute(node, scope, address))
    } catch (thrown) {
      scope.loop = loop
      scope.prefix = prefix
      scope.error = before
      const error = failureOf(thrown, node.id, address)
      if (!isLeaf(node)) this.#emit(address, `failed ${this.#handling(node)} ${error.code}`)
      const policy = node.data.onError ?? 'fail'
      if (policy === 'fail') throw new Failed(error)
      if (policy === 'route') scope.error = error
      return this.#next(node, policy === 'route' ? 'error' : isContainer(node) ? 'done' : 'out')
    }
  }

  #next(node: WorkflowNode, handle: string): string | undefined {
    const { edges } = this.#workflow
    return edges.find((edge) => edge.source === node.id && (edge.sourceHandle ?? 'out') === handle)?.target
  }

  #bodies(node: WorkflowNode): string[] {
    return this.#workflow.edges
      .filter((edge) => edge.source === node.id && edge.sourceHandle === 'body')
      .map((edge) => edge.target)
  }

  #execute(node: WorkflowNode, scope: Scope, address: string): string {
    switch (node.type) {
      case 'condition': {
        this.#emit(address, 'started')
        const value = this.#truth(node.data.config.expression, scope)
        this.#emit(address, `completed ${value}`)
        return value ? 'true' : 'false'
      }
      case 'loop':
        this.#emit(address, 'started')
        this.#loop(node, scope)
        this.#emit(address, 'completed')
        return 'done'
      case 'parallel':
        this.#parallel(node, scope, address)
        this.#emit(address, 'completed')
        return 'done'
      case 'human':
        this.#answers++
        this.#write(scope, node.data.config.outputVariable, this.#host.answer(address))
        return 'out'
      default:
        this.#write(scope, node.data.config.outputVariable, this.#call(node, scope, address))
        return 'out'
    }
  }

  #loop(node: Extract<WorkflowNode, { type: 'loop' }>, scope: Scope): void {
    const { maxIterations, condition, onLimit } = node.data.config
    const { prefix, loop, error } = scope
    for (let pass = 0; ; pass++) {
      scope.loop = pass
      scope.error = error
      if (!this.#truth(condition, scope)) break
      if (pass === maxIterations) {
        if (onLimit !== 'fail') break
        // Word for word: an expression behind an "error" handle may read it.
        throw new FairleadError(
          'workflow.loop_limit',
          `The loop "${node.id}" still wanted to go on after ${maxIterations} passes. Raise maxIterations, or let onLimit be "continue".`,
        )
      }
      this.#emit(prefix + node.id, `pass ${pass}`)
      scope.prefix = `${prefix}${node.id}[${pass}]/`
      this.#walk(this.#bodies(node)[0]!, scope)
      scope.prefix = prefix
    }
    scope.loop = loop
  }

  #parallel(node: Extract<WorkflowNode, { type: 'parallel' }>, scope: Scope, address: string): void {
    const { config } = node.data
    const bodies = this.#bodies(node)
    const isMap = config.mode === 'map'
    const items = isMap ? (this.#evaluate(config.items, scope) as unknown[]) : bodies
    this.#emit(address, `started ${items.length}`)
    const failures: Failed[] = []
    const answersBefore = this.#answers
    let failsUnasked = false
    const results: unknown[] = []
    const ended: Scope[] = []
    for (const [position, item] of items.entries()) {
      const body = scope.inside(`${node.id}[${position}]`)
      const answersOutside = this.#answers
      if (isMap) {
        body.values[config.itemVariable] = item
        body.index = position
      }
      try {
        this.#walk(isMap ? bodies[0]! : bodies[position]!, body)
        if (isMap) results.push(this.#evaluate(config.result, body))
        ended.push(body)
      } catch (thrown) {
        const error = failureOf(thrown, node.id, address)
        const policy = isMap ? (config.onItemError ?? 'fail') : 'fail'
        if (policy === 'fail') {
          failures.push(new Failed(error))
          failsUnasked ||= this.#answers === answersOutside
        }
        if (policy === 'collect') results.push({ error })
      }
    }
    if (failures.length > 0) {
      this.#run.cut.push(`${address}[`)
      if (failsUnasked) {
        this.#run.unawaited.push(`${address}[`)
        this.#answers = answersBefore
      }
      this.#run.isRace ||= failures.length > 1
      throw failures[0]
    }
    for (const body of ended) {
      for (const { name, value } of body.writes) {
        if (!isMap || this.#workflow.variables[name]?.reducer !== undefined) this.#put(scope, name, value)
      }
    }
    if (isMap) this.#write(scope, config.outputVariable, results)
  }

  #call(node: Extract<WorkflowNode, { type: 'prompt' | 'tool' }>, scope: Scope, address: string): unknown {
    const { config, retry } = node.data
    this.#emit(address, 'started')
    for (let attempt = 1; ; attempt++) {
      try {
        const input = Object.fromEntries(
          Object.entries(config.inputMapping).map(([name, source]) => [name, this.#evaluate(source, scope)]),
        )
        const output = 'toolId' in config ? this.#host.tool(config.toolId, input) : this.#prompt(config, input)
        this.#emit(address, `completed #${attempt}`)
        this.#run.journal.set(address, { status: 'completed', output })
        return output
      } catch (thrown) {
        const error = failureOf(thrown, node.id, address)
        const isPermanent = error.code.startsWith('expression.')
        if (attempt < (retry?.maxAttempts ?? 1) && !isPermanent) {
          this.#emit(address, `retrying #${attempt} ${error.code}`)
          continue
        }
        this.#emit(address, `failed #${attempt} ${this.#handling(node)} ${error.code}`)
        this.#run.journal.set(address, { status: 'failed', error })
        throw new Failed(error)
      }
    }
  }

  #prompt(config: { promptId: string; outputSchema?: unknown }, input: Values): unknown {
    const text = this.#host.model(renderTemplate(this.#host.prompt(config.promptId), input))
    return config.outputSchema === undefined ? text : JSON.parse(text)
  }

  /** What becomes of a failure of the node: its own policy, or that of the next container around it that has one. */
  #handling(node: WorkflowNode): string {
    let handling = node.data.onError ?? 'fail'
    for (
      let around = this.#parents.get(node.id);
      around && handling === 'fail';
      around = this.#parents.get(around.id)
    ) {
      const { config, onError } = around.data
      const onItemError = 'onItemError' in config ? config.onItemError : undefined
      if (onItemError !== undefined && onItemError !== 'fail') return onItemError
      handling = onError ?? 'fail'
    }
    return handling
  }

  #write(scope: Scope, name: string, value: unknown): void {
    this.#put(scope, name, value)
    scope.output = value
  }

  #put(scope: Scope, name: string, value: unknown): void {
    scope.writes.push({ name, value })
    const before = scope.values[name]
    switch (this.#workflow.variables[name]?.reducer) {
      case 'append':
        scope.values[name] = [...((before ?? []) as unknown[]), ...(Array.isArray(value) ? value : [value])]
        break
      case 'merge':
        scope.values[name] = { ...(before as object | undefined), ...(value as object) }
        break
      case 'sum':
        scope.values[name] = ((before ?? 0) as number) + (value as number)
        break
      default:
        scope.values[name] = value
    }
  }

  #truth(source: string, scope: Scope): boolean {
    const value = this.#evaluate(source, scope)
    if (typeof value === 'boolean') return value
    throw new FairleadError('workflow.not_boolean', '')
  }

  #evaluate(source: string, scope: Scope): unknown {
    const values: Values = { ...scope.values }
    if (scope.output !== undefined) values.output = scope.output
    if (scope.error !== undefined) values.error = scope.error
    if (scope.index !== undefined) values.index = scope.index
    if (scope.loop !== undefined) values.loop = { index: scope.loop }
    const names = ['output', 'error', 'index', 'loop', ...Object.keys(this.#workflow.variables), ...Object.keys(values)]
    return compileExpression(source, Object.fromEntries(names.map((name) => [name, true]))).evaluate(values)
  }

  #emit(address: string, line: string): void {
    this.#run.events.push({ address, line: `${address} ${line}` })
  }
}

function isContainer(node: WorkflowNode): boolean {
  return node.type === 'loop' || node.type === 'parallel'
}

function isLeaf(node: WorkflowNode): boolean {
  return !isContainer(node) && node.type !== 'condition'
}

function failureOf(thrown: unknown, nodeId: string, address: string): RunError {
  if (thrown instanceof Failed) return thrown.error
  const { message } = thrown as Error
  const code = thrown instanceof FairleadError ? thrown.code : 'node.failed'
  return { code, message, nodeId, address }
}
