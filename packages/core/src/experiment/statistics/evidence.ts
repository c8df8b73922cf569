import { FairleadError } from '../../base/index.ts'

/** What is thrown for numbers that can't be had from a test; `field` is what they were given as. */
export function invalidEvidence(field: string, message: string): FairleadError {
  return new FairleadError('experiment.invalid_evidence', `${field} ${message}.`, { data: { field } })
}
