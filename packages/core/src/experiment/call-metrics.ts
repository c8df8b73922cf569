/** The metrics that Fairlead measures of model calls by itself: amounts, of which less is better. */
export const callMetrics: ReadonlySet<string> = /* @__PURE__ */ new Set(['latency_ms', 'cost_usd', 'tokens'])
