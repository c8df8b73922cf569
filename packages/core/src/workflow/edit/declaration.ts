import type { Workflow } from '../document-schema.ts'
import type { Edit } from './history.ts'
import { editTo } from './target.ts'

/** Replaces the declared inputs. */
export function setInputs(workflow: Workflow, inputs: Workflow['inputs']): Edit {
  return editTo(workflow, { ...workflow, inputs })
}

/** Replaces the declared variables. */
export function setVariables(workflow: Workflow, variables: Workflow['variables']): Edit {
  return editTo(workflow, { ...workflow, variables })
}

/** Replaces the outputs. */
export function setOutputs(workflow: Workflow, outputs: Workflow['outputs']): Edit {
  return editTo(workflow, { ...workflow, outputs })
}

/** Changes the name, the description or both; an undefined description takes it away. */
export function setDetails(workflow: Workflow, details: { name?: string; description?: string | undefined }): Edit {
  const { formatVersion, name, description, ...rest } = { ...workflow, ...details }
  return editTo(workflow, { formatVersion, name, ...(description !== undefined && { description }), ...rest })
}
