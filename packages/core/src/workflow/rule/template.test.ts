import { expect, test } from 'vitest'
import { broken } from '../defect.suite.ts'
import { orderDesk } from '../fixture.suite.ts'
import { validateWorkflow } from '../validate.ts'

const mail = {
  type: 'object',
  properties: { from: { type: 'string' }, body: { type: 'string' } },
  oneOf: [{ properties: { phone: { type: 'string' } } }, { properties: { street: { type: 'string' } } }],
}

function findings(message: string) {
  return validateWorkflow(
    broken(orderDesk(), { 'inputs.mail': mail, 'nodes.approve.data.config.message': message }),
  ).map(({ message, hint }) => [message, hint])
}

test('a message may read what only some values of a schema have, as an expression may', () => {
  expect(findings('Call {{mail.phone}}?')).toEqual([])
})

test('a message that reads what no value of the schema has is told the nearest name', () => {
  expect(findings('Call {{mail.phon}}?')).toEqual([
    ['{{mail.phon}} reads "phon", which "mail" has not.', 'Did you mean "phone"?'],
  ])
})
