import type { ResponseOf } from '@fairlead/core/contract'
import type { EndpointName } from '@fairlead/core/endpoints'
import type { CallOptions, Sent, Transport } from './transport.ts'

/** One page of a list; `nextCursor` is null on the last one. */
export interface Page<Item> {
  data: Item[]
  nextCursor: string | null
}

type ItemOf<Name extends EndpointName> = ResponseOf<Name> extends { data: (infer Item)[] } ? Item : never

/** The list that an endpoint gives page by page. */
export function listFrom<Name extends EndpointName>(
  transport: Transport,
  name: Name,
  sent: Sent,
  options: CallOptions | undefined,
): List<ItemOf<Name>> {
  return new List(async (cursor) => {
    const query = cursor === undefined ? sent.query : { ...sent.query, cursor }
    const { body } = await transport.call(name, { ...sent, query }, options)
    return body as unknown as Page<ItemOf<Name>>
  })
}

/**
 * A list that is read page by page: `for await (const item of list)` goes through all of it, `await list.page()` gives
 * one page. Nothing is sent before.
 */
export class List<Item> implements AsyncIterable<Item> {
  readonly #load: (cursor: string | undefined) => Promise<Page<Item>>

  constructor(load: (cursor: string | undefined) => Promise<Page<Item>>) {
    this.#load = load
  }

  /** The page that follows a `nextCursor`; the first one without. */
  page(cursor?: string): Promise<Page<Item>> {
    return this.#load(cursor)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    let cursor: string | null | undefined
    do {
      const { data, nextCursor }: Page<Item> = await this.#load(cursor ?? undefined)
      yield* data
      cursor = nextCursor
    } while (cursor !== null)
  }
}
