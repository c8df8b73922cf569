import type { TokenUsage } from '../workflow/index.ts'

/**
 * The tokens of a LangChain message in disjoint classes: LangChain counts cached tokens into the input and reasoning
 * into the output, here each token is counted once, so that the classes add up to the total.
 */
export function usageOf(message: unknown): TokenUsage {
  const usage = (message as { usage_metadata?: Usage } | undefined)?.usage_metadata ?? {}
  const input = count(usage.input_tokens)
  const cached = Math.min(input, count(usage.input_token_details?.cache_read))
  const written = Math.min(input - cached, count(usage.input_token_details?.cache_creation))
  const output = count(usage.output_tokens)
  const reasoning = Math.min(output, count(usage.output_token_details?.reasoning))
  return {
    inputTokens: input - cached - written,
    cachedTokens: cached,
    cacheWriteTokens: written,
    outputTokens: output - reasoning,
    reasoningTokens: reasoning,
  }
}

interface Usage {
  input_tokens?: number
  output_tokens?: number
  input_token_details?: { cache_read?: number; cache_creation?: number }
  output_token_details?: { reasoning?: number }
}

function count(tokens: number | undefined): number {
  return Number.isFinite(tokens) ? Math.max(0, Math.round(tokens!)) : 0
}
