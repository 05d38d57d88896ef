/// The keys of every mapping of a study file; the reader, the JSON Schema and its test share them.
package enum StudyKeys {
  /// Keys of the file itself.
  package static let study = [
    "parley", "name", "description", "parties", "computing", "tables", "queries", "program", "analyses",
    "security",
    "release", "patience", "deadline", "require-signatures",
  ]
  /// Keys of a party.
  package static let party = ["name", "organisation", "key", "endpoint"]
  /// Keys of a table.
  package static let table = [
    "name", "holders", "maximum-rows", "pad-to", "columns", "csv", "csv-by-holder", "bad-rows", "bad-rows-limit",
    "unique", "at-most", "protect", "extremes", "missing-values",
  ]
  /// Keys of an entry of `at-most`.
  package static let rowLimit = ["columns", "rows"]
  /// Keys of `protect` with a unit.
  package static let protect = ["column", "unit"]
  /// Keys of a column.
  package static let column = [
    "name", "type", "range", "scale", "values", "labels", "bytes", "rounding", "others", "nullable", "header",
  ]
  /// Of `csv`, and of an entry of `csv-by-holder`.
  package static let csv = [
    "delimiter", "decimal", "thousands", "null", "true", "false", "date", "zone", "header", "trailing-delimiter",
    "columns", "values",
  ]
  /// Keys of a query.
  package static let query = ["name", "sql", "bound"]
  /// Keys of `security`.
  package static let security = ["protocol", "adversary", "verifier"]
  /// Keys of `release`.
  package static let release = ["minimum-cell", "recipients", "rows", "dominance"]
  /// Keys of `dominance`.
  package static let dominance = ["largest-percent", "largest-count", "largest-count-percent"]
  /// What `type` of a column can be.
  package static let columnTypes = ["int", "decimal", "bool", "date", "timestamp", "category", "text"]
}

/// Sizes beyond which a study is refused.
enum StudyLimits {
  static let parties = 256
  static let tables = 64
  static let columns = 1024
  static let categoryValues = 65_536
  static let queries = 256
  static let analyses = 64
  static let spellings = 64
  static let uniqueKeys = 64
  /// Longest text column, in bytes of UTF-8.
  static let textBytes = 256
  static let rows = 1 << 30
  static let patience = 1...86_400
  static let deadline = 1...31 * 86_400
  static let minimumCell = 0...1_000_000
  static let percent = 1...99
  static let largestCount = 2...100
}
