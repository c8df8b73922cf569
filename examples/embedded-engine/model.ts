import { FakeListChatModel } from '@langchain/core/utils/testing'
import { ChatOpenAI } from '@langchain/openai'

/** Any LangChain chat model will do. Without a key a canned answer stands in, so that the example runs anywhere. */
export const model = process.env.OPENAI_API_KEY
  ? new ChatOpenAI({ model: 'gpt-4o-mini' })
  : new FakeListChatModel({ responses: ['[canned answer] Your parcel is on its way with DHL.'] })
