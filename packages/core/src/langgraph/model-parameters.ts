import type { InvokableModel } from './model-call.ts'

/** What LangChain says of a model that can be made again from what it was made of. */
interface Remakeable extends InvokableModel {
  lc_serializable: true
  lc_kwargs: Record<string, unknown>
}

const remade = new WeakMap<InvokableModel, Map<string, InvokableModel>>()
/** Sets of parameters that are remembered for one model. */
const mostSets = 100

/**
 * The model with a prompt version's parameters, such as `temperature` or `max_tokens`. LangChain's models take most of
 * them when they are made and ignore them in a call, so such a model is made again with them, once for each set; other
 * models get them with the call only. Names may be written the provider's way or LangChain's (`max_tokens`, `maxTokens`).
 */
export function withParameters(model: InvokableModel, parameters: Record<string, unknown>): InvokableModel {
  if (!isRemakeable(model)) return model
  const fields = fieldsOf(model, parameters)
  if (Object.keys(fields).length === 0) return model
  const known = remade.get(model) ?? new Map<string, InvokableModel>()
  remade.set(model, known)
  const key = JSON.stringify(fields)
  const before = known.get(key)
  if (before) return before
  const Model = model.constructor as new (fields: Record<string, unknown>) => InvokableModel
  const made = new Model({ ...model.lc_kwargs, ...fields })
  if (known.size >= mostSets) known.clear()
  known.set(key, made)
  return made
}

/** Those of the parameters that the model has itself. */
function fieldsOf(model: Remakeable, parameters: Record<string, unknown>): Record<string, unknown> {
  const named = Object.entries(parameters).map(([name, value]) => [camelCase(name), value] as const)
  return Object.fromEntries(named.filter(([name]) => name in model))
}

function isRemakeable(model: InvokableModel): model is Remakeable {
  const { lc_serializable, lc_kwargs } = model as Partial<Remakeable>
  return lc_serializable === true && typeof lc_kwargs === 'object'
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase())
}
