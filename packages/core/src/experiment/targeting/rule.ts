/**
 * A targeting rule as JSON: texts, numbers, true, false and null stand for themselves (a number is a double, as in JSON),
 * every other node is a list of an operator and its operands. Made by `compileTargeting`, read by `matchesRule`:
 *
 * | node | value |
 * |---|---|
 * | `['attribute', name]` | an attribute of the unit |
 * | `['item', depth]` | the current item of a comprehension, 0 the outermost |
 * | `['int', text]` | a whole number that is calculated with exactly |
 * | `['value', json]` | the JSON as it stands |
 * | `['list', …items]`, `['map', key, value, …]` | a list, a map |
 * | `['.', map, name]`, `['has', map, name]`, `['[]', container, key]` | a member, whether there is one, an item |
 * | `['exists', container, depth, condition]`, also `all`, `exists_one`, `filter` | a comprehension |
 * | `['&&', a, b]` and the other operators and functions of CEL by their name | what they give; `!=`, `>`, `>=` and a leading `-` are said by `==` and `!`, `<`, `<=` and `*` |
 */
export type TargetingRule = string | number | boolean | null | readonly TargetingRule[]
