/// The JSON Schema of study files, for editors: the same text as `docs/study.schema.json`, kept in the program so
/// that it needs no file beside it.
public enum StudySchema {
  /// JSON, with a line feed at the end.
  public static let text = #"""
    {
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "$id": "parley-study-1.schema.json",
      "title": "Parley study file, format 1",
      "description": "docs/study-file.md explains every key. Parley itself checks more than this schema can say: names that refer to one another, ranges, organisations.",
      "type": "object",
      "required": ["parley", "name", "parties", "computing", "tables", "security", "release"],
      "anyOf": [{ "required": ["queries"] }, { "required": ["program"] }, { "required": ["analyses"] }],
      "not": { "required": ["queries", "program"] },
      "additionalProperties": false,
      "properties": {
        "parley": { "const": 1, "description": "Format of the file." },
        "name": { "type": "string", "minLength": 1 },
        "description": { "type": "string", "description": "What is computed, for what purpose." },
        "parties": {
          "type": "array",
          "minItems": 3,
          "maxItems": 256,
          "description": "Everybody who takes part.",
          "items": { "$ref": "#/$defs/party" }
        },
        "computing": {
          "type": "array",
          "minItems": 2,
          "maxItems": 3,
          "uniqueItems": true,
          "description": "The computing parties, two or three, each run by an organisation of its own.",
          "items": { "$ref": "#/$defs/partyName" }
        },
        "tables": { "type": "array", "minItems": 1, "maxItems": 64, "items": { "$ref": "#/$defs/table" } },
        "queries": { "type": "array", "minItems": 1, "maxItems": 256, "items": { "$ref": "#/$defs/query" } },
        "program": { "type": "string", "description": "A single SQL text, instead of queries." },
        "analyses": { "type": "array", "minItems": 1, "maxItems": 64, "items": { "$ref": "#/$defs/analysis" } },
        "security": { "$ref": "#/$defs/security" },
        "release": { "$ref": "#/$defs/release" },
        "patience": { "$ref": "#/$defs/duration", "default": "60s", "description": "How long a link may be down." },
        "deadline": { "$ref": "#/$defs/duration", "description": "Longest wait for one message of another party." },
        "require-signatures": {
          "type": "boolean",
          "default": true,
          "description": "A party refuses to run while another has not signed."
        }
      },
      "$defs": {
        "partyName": { "type": "string", "pattern": "^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$" },
        "identifier": { "type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,63}$" },
        "duration": {
          "anyOf": [{ "type": "integer", "minimum": 1 }, { "type": "string", "pattern": "^[0-9]+[smhd]?$" }]
        },
        "scalar": { "type": ["string", "number", "boolean"] },
        "party": {
          "type": "object",
          "required": ["name"],
          "additionalProperties": false,
          "properties": {
            "name": { "$ref": "#/$defs/partyName" },
            "organisation": { "type": "string", "description": "Who runs it. Required of computing parties." },
            "key": {
              "type": "string",
              "pattern": "^\\s*parley1[A-Za-z0-9_\\s-]+$",
              "description": "Public key as 'parley identity create' prints it. Not needed for a trial on one machine."
            },
            "endpoint": {
              "type": "string",
              "pattern": "^(\\[[0-9A-Fa-f:.%]+\\]|[A-Za-z0-9._-]+):[0-9]{1,5}$",
              "description": "host:port. Absent for a party that only calls out."
            }
          }
        },
        "table": {
          "type": "object",
          "required": ["name", "holders", "maximum-rows", "columns"],
          "additionalProperties": false,
          "properties": {
            "name": { "$ref": "#/$defs/identifier" },
            "holders": {
              "type": "array",
              "minItems": 1,
              "uniqueItems": true,
              "items": { "$ref": "#/$defs/partyName" },
              "description": "The parties whose rows the table is made of."
            },
            "maximum-rows": {
              "type": "integer",
              "minimum": 1,
              "maximum": 1073741824,
              "description": "Most rows of all holders together; ranges of sums rest on it."
            },
            "pad-to": {
              "type": "integer",
              "minimum": 1,
              "maximum": 1073741824,
              "description": "Every holder pads to this number of rows, which hides its own below it."
            },
            "columns": { "type": "array", "minItems": 1, "maxItems": 1024, "items": { "$ref": "#/$defs/column" } },
            "csv": { "$ref": "#/$defs/csv", "description": "How the holders' files are written." },
            "csv-by-holder": {
              "type": "object",
              "additionalProperties": { "$ref": "#/$defs/csv" },
              "description": "What is different in the files of some holders."
            },
            "bad-rows": { "enum": ["refuse", "null", "drop"], "default": "refuse" },
            "bad-rows-limit": {
              "anyOf": [
                { "type": "integer", "minimum": 0 },
                { "type": "string", "pattern": "^([0-9]+|[0-9]+(\\.[0-9]{1,2})?%)$" }
              ],
              "description": "More bad rows than this in one holder's file are refused: a number, or a share such as 1%."
            },
            "unique": {
              "type": "array",
              "maxItems": 64,
              "items": {
                "anyOf": [
                  { "$ref": "#/$defs/identifier" },
                  { "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/identifier" } }
                ]
              },
              "description": "Columns whose values together occur once at most among all rows."
            },
            "at-most": {
              "type": "array",
              "maxItems": 64,
              "items": {
                "type": "object",
                "required": ["columns", "rows"],
                "additionalProperties": false,
                "properties": {
                  "columns": {
                    "anyOf": [
                      { "$ref": "#/$defs/identifier" },
                      { "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/identifier" } }
                    ]
                  },
                  "rows": { "type": "integer", "minimum": 2 }
                }
              },
              "description": "How many rows at most have the same values of columns; bounds of joins follow from it."
            },
            "protect": {
              "anyOf": [
                { "$ref": "#/$defs/identifier" },
                {
                  "type": "object",
                  "required": ["column"],
                  "additionalProperties": false,
                  "properties": {
                    "column": { "$ref": "#/$defs/identifier" },
                    "unit": { "$ref": "#/$defs/identifier" }
                  }
                }
              ],
              "default": "rows",
              "description": "Whom the rules of release protect: every row, nobody (none), or whom the column names."
            },
            "extremes": {
              "enum": ["forbidden", "allowed"],
              "default": "forbidden",
              "description": "Whether smallest and largest values, which are those of single records, may be shown."
            },
            "missing-values": {
              "enum": ["protected", "told"],
              "default": "protected",
              "description": "Whether results may tell how many values of a column are missing, also if they are those of a few."
            }
          }
        },
        "column": {
          "type": "object",
          "required": ["name", "type"],
          "additionalProperties": false,
          "properties": {
            "name": { "$ref": "#/$defs/identifier" },
            "type": { "enum": ["int", "decimal", "bool", "date", "timestamp", "category", "text"] },
            "range": {
              "type": "array",
              "minItems": 2,
              "maxItems": 2,
              "items": { "type": ["number", "string"] },
              "description": "Lowest and highest value; dates as YYYY-MM-DD, times as YYYY-MM-DDThh:mm:ss."
            },
            "scale": { "type": "integer", "minimum": 1, "maximum": 9, "description": "Decimals of a decimal." },
            "values": { "type": "array", "minItems": 1, "maxItems": 65536, "items": { "$ref": "#/$defs/scalar" } },
            "labels": {
              "type": "object",
              "additionalProperties": { "$ref": "#/$defs/scalar" },
              "description": "What results show instead of a value."
            },
            "bytes": {
              "type": "integer",
              "minimum": 1,
              "maximum": 256,
              "description": "Most bytes of a text, in UTF-8."
            },
            "rounding": {
              "enum": ["none", "nearest"],
              "default": "none",
              "description": "What happens to numbers with more decimals than declared."
            },
            "others": { "$ref": "#/$defs/scalar", "description": "The value that stands for all that are not listed." },
            "nullable": { "type": "boolean", "default": false },
            "header": { "type": "string", "description": "The column's name in the CSV files, if it differs." }
          },
          "allOf": [
            {
              "if": { "properties": { "type": { "enum": ["int", "date", "timestamp"] } } },
              "then": { "required": ["range"] }
            },
            {
              "if": { "properties": { "type": { "const": "decimal" } } },
              "then": { "required": ["range", "scale"] }
            },
            {
              "if": { "properties": { "type": { "const": "category" } } },
              "then": { "required": ["values"] }
            },
            {
              "if": { "properties": { "type": { "const": "text" } } },
              "then": { "required": ["bytes"] }
            }
          ]
        },
        "csv": {
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "delimiter": { "enum": [",", ";", "|", "\t", "comma", "semicolon", "pipe", "tab"], "default": "," },
            "decimal": { "enum": [".", ",", "point", "comma"], "default": "." },
            "thousands": {
              "enum": [".", ",", " ", "'", "point", "comma", "space", "apostrophe", "none"],
              "description": "What stands between groups of three digits; none where nothing does, as for one holder of a table."
            },
            "null": { "type": "array", "items": { "$ref": "#/$defs/scalar" }, "default": [""] },
            "true": {
              "type": "array",
              "items": { "$ref": "#/$defs/scalar" },
              "default": ["true", "True", "TRUE", "1"]
            },
            "false": {
              "type": "array",
              "items": { "$ref": "#/$defs/scalar" },
              "default": ["false", "False", "FALSE", "0"]
            },
            "date": {
              "type": "string",
              "default": "YYYY-MM-DD",
              "description": "YYYY, MM and DD once each, with - . / _ or a space between."
            },
            "zone": {
              "type": "string",
              "pattern": "^(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?|[A-Za-z_]+(/[A-Za-z0-9_+-]+)+)$",
              "description": "Of times that name no zone: UTC, +02:00, Europe/Berlin."
            },
            "header": { "type": "boolean", "default": true, "description": "The first line names the columns." },
            "trailing-delimiter": {
              "type": "boolean",
              "default": false,
              "description": "A delimiter ends every line."
            },
            "columns": {
              "type": "object",
              "additionalProperties": { "$ref": "#/$defs/scalar" },
              "description": "What the file calls columns of the study: {age: Alter}."
            },
            "values": {
              "type": "object",
              "additionalProperties": { "type": "object", "additionalProperties": { "$ref": "#/$defs/scalar" } },
              "description": "By column: what the file writes and the declared value that it means."
            }
          }
        },
        "query": {
          "type": "object",
          "required": ["name", "sql"],
          "additionalProperties": false,
          "properties": {
            "name": { "$ref": "#/$defs/partyName" },
            "sql": { "type": "string", "minLength": 1 },
            "bound": {
              "type": "integer",
              "minimum": 1,
              "maximum": 1073741824,
              "description": "The most rows that a join of the query may have whose keys repeat on both sides."
            }
          }
        },
        "analysis": {
          "type": "object",
          "required": ["name", "kind"],
          "oneOf": [{ "required": ["table"] }, { "required": ["rows"] }],
          "additionalProperties": false,
          "description": "docs/analyses.md says which keys each kind has.",
          "properties": {
            "name": { "$ref": "#/$defs/partyName" },
            "kind": { "enum": ["describe", "table", "compare", "correlation", "linear", "logistic", "poisson", "kaplan-meier", "cox", "meta"] },
            "table": { "type": "string", "minLength": 1, "description": "All rows of a table." },
            "rows": { "type": "string", "minLength": 1, "description": "A SELECT whose columns are analysed." },
            "columns": { "$ref": "#/$defs/names" },
            "by": { "$ref": "#/$defs/names" },
            "show": { "$ref": "#/$defs/names" },
            "extremes": { "type": "boolean", "default": false },
            "row": { "type": "string" },
            "column": { "type": "string" },
            "strata": { "type": "string" },
            "test": { "$ref": "#/$defs/names" },
            "level": { "type": "integer", "minimum": 50, "maximum": 99, "default": 95 },
            "outcome": {
              "description": "A name, or two; of logistic models a bool, or {column: status, is: dead}.",
              "anyOf": [{ "$ref": "#/$defs/names" }, { "type": "object" }]
            },
            "predictors": {
              "description": "Names, and of categories also {column: stage, reference: II}.",
              "anyOf": [{ "type": "string", "minLength": 1 }, { "type": "array", "minItems": 1 }]
            },
            "offset": { "type": "string", "description": "A column of natural logarithms." },
            "weights": { "type": "string", "description": "A column that says how much each row counts." },
            "ridge": { "type": "number", "minimum": 0, "maximum": 1000000, "default": 0 },
            "errors": { "enum": ["classical", "hc0", "hc1", "cluster"], "default": "classical" },
            "cluster": { "type": "string", "description": "A category or bool: rows that belong together." },
            "scale": { "enum": ["column", "deviation"], "default": "column" },
            "solver": { "enum": ["newton", "gradient"], "default": "newton" },
            "rate": { "type": "number", "minimum": 0.001, "maximum": 8, "default": 0.5 },
            "tolerance": { "type": "number", "minimum": 0.001, "maximum": 1, "default": 0.01 },
            "iterations": { "type": "integer", "minimum": 1, "maximum": 1000 },
            "precision": { "type": "number", "minimum": 0.0001, "maximum": 0.1, "default": 0.001 },
            "method": { "enum": ["pearson", "spearman"], "default": "pearson" },
            "missing": { "enum": ["drop", "refuse", "indicator", "pairwise"], "default": "drop" },
            "time": { "type": "string" },
            "event": { "type": ["string", "object"], "description": "A bool, or {column: status, is: 2}." },
            "grid": { "type": ["array", "object"], "description": "Times, or {every: 30, until: 360}." },
            "ties": { "enum": ["efron", "breslow"], "default": "efron" },
            "estimate": { "type": "string" },
            "variance": { "type": "string" },
            "model": { "enum": ["random", "fixed"], "default": "random" },
            "estimator": { "enum": ["dersimonian-laird", "paule-mandel"], "default": "dersimonian-laird" }
          }
        },
        "names": {
          "anyOf": [
            { "type": "string", "minLength": 1 },
            { "type": "array", "minItems": 1, "uniqueItems": true, "items": { "type": "string" } }
          ]
        },
        "security": {
          "type": "object",
          "required": ["adversary"],
          "additionalProperties": false,
          "properties": {
            "protocol": { "enum": ["auto", "replicated", "additive"], "default": "auto" },
            "adversary": { "enum": ["semi-honest", "malicious"] },
            "verifier": { "enum": ["auto", "proofs", "macs"], "default": "auto" }
          }
        },
        "release": {
          "type": "object",
          "required": ["minimum-cell", "recipients"],
          "additionalProperties": false,
          "properties": {
            "minimum-cell": {
              "type": "integer",
              "minimum": 0,
              "maximum": 1000000,
              "description": "Groups of fewer are withheld; at least 2 unless rows are allowed."
            },
            "recipients": {
              "type": "array",
              "minItems": 1,
              "uniqueItems": true,
              "items": { "$ref": "#/$defs/partyName" }
            },
            "rows": {
              "enum": ["forbidden", "allowed"],
              "default": "forbidden",
              "description": "Whether queries may release rows of single records."
            },
            "dominance": {
              "type": "object",
              "minProperties": 1,
              "additionalProperties": false,
              "dependentRequired": {
                "largest-count": ["largest-count-percent"],
                "largest-count-percent": ["largest-count"]
              },
              "description": "Sums and means are withheld where few rows make up more of the absolute values.",
              "properties": {
                "largest-percent": { "type": "integer", "minimum": 1, "maximum": 99 },
                "largest-count": { "type": "integer", "minimum": 2, "maximum": 100 },
                "largest-count-percent": { "type": "integer", "minimum": 1, "maximum": 99 }
              }
            }
          }
        }
      }
    }

    """#
}
