import fc from 'fast-check'

// Cases of property tests are drawn anew every time, but where FAIRLEAD_TEST_SEED says from where: `npm test` gives the
// same answer for the same sources.
const seed = Number(process.env.FAIRLEAD_TEST_SEED)
if (process.env.FAIRLEAD_TEST_SEED !== undefined && Number.isInteger(seed))
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed })
