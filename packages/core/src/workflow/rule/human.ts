import { errorAt, inNode, listed, shown } from '../diagnostic.ts'
import type { Subject } from './subject.ts'

/** That a human node asks for something, offers each choice once, and falls due to a choice it offers. */
export function checkHumanNodes({ workflow, report }: Subject): void {
  for (const [position, node] of workflow.nodes.entries()) {
    if (node.type !== 'human') continue
    const { form, choices, onDue, dueInSeconds } = node.data.config
    const place = (...path: (string | number)[]) => inNode(node.id, position, 'data', 'config', ...path)
    const ids = (choices ?? []).map((choice) => choice.id)
    if (form === undefined && ids.length === 0) {
      const message = `"${node.id}" has neither a form nor choices, so nobody could answer.`
      const hint = 'Add "choices" such as [{"id": "yes", "label": "Yes"}], or a JSON Schema as "form".'
      report(errorAt(place('message'), 'human_without_answer', message, hint))
    }
    const seen = new Set<string>()
    for (const [index, id] of ids.entries()) {
      if (!seen.has(id)) {
        seen.add(id)
        continue
      }
      report(
        errorAt(
          place('choices', index, 'id'),
          'duplicate_choice',
          `Another choice has the id ${shown(id)}.`,
          'Give each choice its own id.',
        ),
      )
    }
    if (typeof onDue === 'object' && !ids.includes(onDue.choice)) {
      const hint = ids.length === 0 ? 'Add "choices", or let "onDue" be "fail".' : `The choices are ${listed(ids)}.`
      report(errorAt(place('onDue', 'choice'), 'unknown_choice', `There is no choice ${shown(onDue.choice)}.`, hint))
    }
    if (onDue !== undefined && dueInSeconds === undefined) {
      const message = '"onDue" says what happens when the time is up, but no time is set.'
      report(errorAt(place('onDue'), 'invalid_due', message, 'Set "dueInSeconds", or leave out "onDue".'))
    }
  }
}
