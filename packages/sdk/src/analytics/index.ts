import type { Execution, ModelPrice } from '@fairlead/core/analytics'
import type { List } from '../page.ts'
import { listFrom } from '../page.ts'
import type { BodyOf, CallOptions, QueryOf, Transport } from '../transport.ts'

/** Model calls and what they cost. */
export class Analytics {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** Calls of models, newest first. */
  executions(query: QueryOf<'listExecutions'> = {}, options?: CallOptions): List<Execution> {
    return listFrom(this.#transport, 'listExecutions', { query }, options)
  }

  /** The built-in prices and the organization's own, which win. */
  prices(query: QueryOf<'listPrices'> = {}, options?: CallOptions): List<ModelPrice> {
    return listFrom(this.#transport, 'listPrices', { query }, options)
  }

  /** From a day on; in nano-USD per million tokens. */
  async createPrice(price: BodyOf<'createPrice'>, options?: CallOptions): Promise<ModelPrice> {
    return (await this.#transport.call('createPrice', { body: price }, options)).body
  }

  async deletePrice(id: string, options?: CallOptions): Promise<void> {
    await this.#transport.call('deletePrice', { params: { id } }, options)
  }
}
