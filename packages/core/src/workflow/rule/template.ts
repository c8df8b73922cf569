import type { TemplateSlot } from '../../expression/index.ts'
import { missingMember, parseTemplate } from '../../expression/index.ts'
import type { FlowPoint } from '../data-flow.ts'
import type { Place } from '../diagnostic.ts'
import { errorAt } from '../diagnostic.ts'
import type { Scope } from '../scope.ts'
import { namesAt } from '../scope.ts'
import type { Subject } from './subject.ts'
import { reportUnwritten } from './unwritten.ts'

/** That the slots of a message lead to something that is in scope and written. */
export function checkTemplate(subject: Subject, text: string, place: Place, scope: Scope, point: FlowPoint): void {
  const { parts, diagnostics } = parseTemplate(text)
  for (const { severity, message, hint, from, to } of diagnostics) {
    subject.report({ ...errorAt(place, 'template_slot', message, hint), severity, from, to })
  }
  const names = namesAt(scope, point)
  for (const part of parts) if (typeof part !== 'string') checkSlot(subject, part, place, names, point)
}

function checkSlot(
  subject: Subject,
  { path, from, to }: TemplateSlot,
  place: Place,
  names: ReturnType<typeof namesAt>,
  point: FlowPoint,
): void {
  const [root, ...members] = path as [string, ...string[]]
  if (!Object.hasOwn(names, root)) {
    const message = `{{${path.join('.')}}} reads "${root}", which is not known here.`
    const hint = subject.suggestions.hint(root, () => Object.keys(names)) || 'Declare it as an input or a variable.'
    subject.report({ ...errorAt(place, 'undeclared_variable', message, hint), from, to })
    return
  }
  reportUnwritten(subject, [root], place, point, { from, to })
  const missing = missingMember(names[root]!, members)
  if (missing === null) return
  const member = members[missing.at]!
  const message = `{{${path.join('.')}}} reads "${member}", which "${path.slice(0, missing.at + 1).join('.')}" has not.`
  const hint =
    subject.suggestions.hint(member, () => missing.known) || 'Change the path, or the schema of the variable.'
  subject.report({ ...errorAt(place, 'unknown_property', message, hint), from, to })
}
