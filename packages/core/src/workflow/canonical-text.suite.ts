/*
 * Workflows as files hold them: canonical text, written by hand and not by the serializer, so that it has something to
 * be held against. Valid without a catalogue and with the one below.
 */

import type { Catalog } from './document-schema.ts'

/** A map with an item that may fail, inside it a loop; numbers, escapes and schemas of every shape. */
export const contactImport = `{
  "formatVersion": 1,
  "name": "Contact import",
  "description": "Cleans up rows – “as they come” – and\\tkeeps what could be read.",
  "inputs": {
    "rows": {
      "type": "array",
      "items": {
        "$ref": "#/$defs/row"
      },
      "$defs": {
        "row": {
          "additionalProperties": false,
          "properties": {
            "zip": {
              "pattern": "^[0-9]{5}$",
              "type": "string"
            },
            "age": true,
            "Age": {},
            "name": {
              "type": "string"
            }
          },
          "type": "object"
        }
      }
    },
    "anything": true
  },
  "variables": {
    "row": {
      "schema": {
        "type": "object"
      },
      "default": {}
    },
    "imported": {
      "schema": {
        "type": "array"
      }
    },
    "problems": {
      "schema": {
        "type": "array",
        "items": {
          "type": "string"
        }
      },
      "reducer": "append"
    },
    "factor": {
      "schema": {
        "type": "number"
      },
      "default": 1.5e-7
    },
    "none": {
      "schema": {},
      "default": null
    }
  },
  "outputs": {
    "imported": "imported",
    "problems": "problems",
    "count": "size(imported)"
  },
  "nodes": [
    {
      "id": "rows",
      "type": "parallel",
      "position": {
        "x": 0,
        "y": -40.5
      },
      "data": {
        "label": "Each row",
        "config": {
          "mode": "map",
          "items": "rows",
          "itemVariable": "entry",
          "result": "{'row': row, 'at': index}",
          "outputVariable": "imported",
          "bodyNodes": [
            "retry until clean",
            "note"
          ],
          "concurrency": 8,
          "onItemError": "skip"
        }
      }
    },
    {
      "id": "retry until clean",
      "type": "loop",
      "position": {
        "x": 1e+21,
        "y": 0
      },
      "data": {
        "label": "",
        "config": {
          "maxIterations": 5,
          "condition": "loop.index < 1 || size(problems) > 100",
          "bodyNodes": [
            "clean"
          ],
          "onLimit": "fail"
        }
      }
    },
    {
      "id": "clean",
      "type": "tool",
      "position": {
        "x": 12,
        "y": 7
      },
      "data": {
        "label": "Clean \\"up\\" \\u2028 \\ud83d\\ude00",
        "config": {
          "toolId": "rows.clean",
          "inputMapping": {
            "row": "entry",
            "factor": "factor * 2"
          },
          "outputVariable": "row"
        },
        "timeoutMs": 2500,
        "retry": {
          "maxAttempts": 2,
          "initialIntervalMs": 0.5,
          "backoffFactor": 1
        },
        "onError": "continue"
      }
    },
    {
      "id": "note",
      "type": "tool",
      "position": {
        "x": 0,
        "y": 0
      },
      "data": {
        "label": "Note",
        "config": {
          "toolId": "text.of",
          "inputMapping": {
            "value": "entry.name + ': ' + string(index)"
          },
          "outputVariable": "problems"
        }
      }
    }
  ],
  "edges": [
    {
      "id": "z",
      "source": "rows",
      "sourceHandle": "body",
      "target": "retry until clean"
    },
    {
      "id": "a",
      "source": "retry until clean",
      "sourceHandle": "body",
      "target": "clean"
    },
    {
      "id": "m",
      "source": "retry until clean",
      "sourceHandle": "done",
      "target": "note"
    }
  ]
}
`
  .replaceAll('\\u2028', '\u2028')
  .replaceAll('\\ud83d\\ude00', '\u{1f600}')

/** A person with a form, a prompt with a ref and a schema, both targets, an edge for errors. */
export const editorialDesk = `{
  "formatVersion": 1,
  "name": "Editorial desk",
  "inputs": {},
  "variables": {
    "text": {
      "schema": {
        "type": "string"
      }
    },
    "verdict": {
      "schema": {
        "type": "object"
      }
    },
    "receipt": {
      "schema": true,
      "default": {
        "sent": false
      }
    }
  },
  "outputs": {},
  "nodes": [
    {
      "id": "write",
      "type": "prompt",
      "position": {
        "x": 0,
        "y": 0
      },
      "data": {
        "label": "Write",
        "config": {
          "promptId": "article",
          "modelId": "large",
          "inputMapping": {},
          "outputVariable": "text",
          "ref": {
            "version": 3
          },
          "outputSchema": {
            "type": "string",
            "minLength": 1
          }
        }
      }
    },
    {
      "id": "read",
      "type": "human",
      "position": {
        "x": 200,
        "y": 0
      },
      "data": {
        "label": "Read",
        "config": {
          "message": "Fit to print?\\n\\n{{text}}",
          "form": {
            "type": "object",
            "properties": {
              "reason": {
                "type": "string"
              }
            }
          },
          "choices": [
            {
              "id": "yes",
              "label": "Yes"
            },
            {
              "id": "no",
              "label": "No"
            }
          ],
          "outputVariable": "verdict",
          "assignees": [
            "editors"
          ],
          "dueInSeconds": 86400,
          "onDue": "fail"
        }
      }
    },
    {
      "id": "print?",
      "type": "condition",
      "position": {
        "x": 400,
        "y": 0
      },
      "data": {
        "label": "Print?",
        "config": {
          "expression": "verdict.choice == 'yes'",
          "trueTarget": "print",
          "falseTarget": "end"
        }
      }
    },
    {
      "id": "print",
      "type": "tool",
      "position": {
        "x": 600,
        "y": 0
      },
      "data": {
        "label": "Print",
        "config": {
          "toolId": "text.of",
          "inputMapping": {
            "value": "text"
          },
          "outputVariable": "receipt"
        },
        "onError": "route"
      }
    },
    {
      "id": "complain",
      "type": "tool",
      "position": {
        "x": 800,
        "y": 0
      },
      "data": {
        "label": "Complain",
        "config": {
          "toolId": "text.of",
          "inputMapping": {
            "value": "error.code + error.message"
          },
          "outputVariable": "receipt"
        }
      }
    }
  ],
  "edges": [
    {
      "id": "1",
      "source": "write",
      "target": "read"
    },
    {
      "id": "2",
      "source": "read",
      "target": "print?"
    },
    {
      "id": "3",
      "source": "print?",
      "sourceHandle": "true",
      "target": "print"
    },
    {
      "id": "4",
      "source": "print",
      "sourceHandle": "error",
      "target": "complain"
    }
  ]
}
`

/** Names all that the two mention. */
export const canonicalTextCatalog: Catalog = {
  prompts: [{ id: 'prompt-1', key: 'article', variables: {} }],
  models: [{ id: 'large' }],
  tools: [
    { id: 'rows.clean', inputSchema: { type: 'object' }, outputSchema: { type: 'object' } },
    { id: 'text.of', inputSchema: true, outputSchema: { type: 'string' } },
  ],
}
