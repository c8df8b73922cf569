import type { CompiledQuery } from 'kysely'
import type { ScopedDb } from './tables.ts'

/** Where a value goes in a query that is compiled before there is one. */
class Slot<Name extends string> {
  readonly name: Name

  constructor(name: Name) {
    this.name = name
  }
}

/** Gives the place of a value; it stands where the value would. */
export type SlotOf<Name extends string> = <Value>(name: Name) => Value

/**
 * A query that is compiled when it is first run, and from then on only given values: for what runs at every step, where
 * compiling takes longer than sending.
 */
export class PreparedQuery<Row, Name extends string> {
  readonly #compile: (db: ScopedDb, slot: SlotOf<Name>) => CompiledQuery<Row>
  #compiled: CompiledQuery<Row> | undefined

  constructor(compile: (db: ScopedDb, slot: SlotOf<Name>) => CompiledQuery<Row>) {
    this.#compile = compile
  }

  async run(db: ScopedDb, values: Readonly<Record<Name, unknown>>): Promise<Row[]> {
    this.#compiled ??= this.#compile(db, <Value>(name: Name) => new Slot(name) as Value)
    const parameters = this.#compiled.parameters.map((each) =>
      each instanceof Slot ? values[each.name as Name] : each,
    )
    const { rows } = await db.executeQuery<Row>({ ...this.#compiled, parameters })
    return rows
  }
}
