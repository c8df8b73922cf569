import { expect, test } from 'vitest'
import { FairleadError } from './error.ts'

test('an error crosses the wire with its code, message and data, and without its stack or cause', () => {
  const cause = new Error('secret')
  const error = new FairleadError('run.unknown', 'There is no run "7".', { data: { id: '7' }, cause })
  expect(error).toBeInstanceOf(Error)
  expect(error.cause).toBe(cause)
  expect(JSON.parse(JSON.stringify(error))).toEqual({
    code: 'run.unknown',
    message: 'There is no run "7".',
    data: { id: '7' },
  })
})

test('an error without data has none on the wire either', () => {
  expect(new FairleadError('a.b', 'c').toJSON()).toEqual({ code: 'a.b', message: 'c' })
})
