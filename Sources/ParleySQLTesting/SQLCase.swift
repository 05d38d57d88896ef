internal import ParleyBase
package import ParleyProgram
internal import ParleyTesting

/// A random table over several holders with one random query in Parley's dialect and in SQLite's, where decimals
/// are scaled integers and dates are day numbers, so that the database is exact too.
package struct SQLCase: Sendable, CustomStringConvertible {
  /// What everything follows from.
  package let seed: UInt64
  /// The declared shape.
  package let table: TableSchema
  /// Rows by holder.
  package let holders: [TableData]
  /// The query in Parley's dialect.
  package let text: String
  /// The query in SQLite's.
  package let oracleText: String
  /// By selected column, how the two answers are compared.
  package let expectations: [SQLDifferential.Expectation]
  /// Selected columns that are group keys.
  package let keyColumns: [Int]
  /// ORDER BY names every key, so the order is determined.
  package let isOrdered: Bool

  /// The case of this seed.
  package init(seed: UInt64) {
    var random = InsecureRandom(seed: seed)
    self.seed = seed
    (table, holders) = Self.table(&random)
    var query = SQLQueryGenerator(table: table, random: random)
    query.generate()
    text = query.text
    oracleText = query.oracleText
    expectations = query.expectations
    keyColumns = query.keyColumns
    isOrdered = query.isOrdered
  }

  package var description: String { "seed \(seed), \(text)" }

  /// Two of them are one word in two spellings of Unicode, which are two texts.
  static let labels = ["red", "Blue", "it's", "\u{e9}meraude", "e\u{301}meraude", "a b", ""]

  /// Edge sizes (no row, one row), NULLs, negative numbers, duplicates; garbage in NULL cells, which must not matter.
  private static func table(_ random: inout InsecureRandom) -> (TableSchema, [TableData]) {
    let low = Int64.random(in: -40...5, using: &random)
    let start = Int64.random(in: -20_000...20_000, using: &random)
    let cents = Int64.random(in: 1...2000, using: &random)
    let types: [(String, ColumnType)] = [
      ("i", .integer(low...low + Int64.random(in: 0...70, using: &random))),
      ("j", .integer(Int64.random(in: 0...3, using: &random)...Int64.random(in: 3...900, using: &random))),
      ("d", .decimal(scale: Int.random(in: 1...3, using: &random), -cents...cents)),
      ("b", .boolean),
      ("c", .category(Array(labels.shuffled(using: &random).prefix(Int.random(in: 1...4, using: &random))))),
      ("t", .date(start...start + Int64.random(in: 0...400, using: &random))),
      ("e", .boolean),
      ("z", .timestamp(start * 86_400 - 5...start * 86_400 + Int64.random(in: 0...30_000_000, using: &random))),
    ]
    let columns = types.map { ColumnSchema(name: $0.0, type: $0.1, isNullable: random.chance(60)) }
    let total = random.pick([0, 1, 2, 3, 8, 20, 60])
    let count = Int.random(in: 1...3, using: &random)
    var sizes = [Int](repeating: 0, count: count)
    for _ in 0..<total { sizes[Int.random(in: 0..<count, using: &random)] += 1 }
    let nulls = random.pick([0, 20, 100])
    let schema = TableSchema(
      name: "records", columns: columns, holders: (0..<count).map { "holder\($0)" }, maximumRows: 100,
      padTo: random.chance(30) ? 64 : nil)
    let holders = sizes.map { size in
      TableData(
        rowCount: size,
        columns: columns.map { column in
          let isNull = column.isNullable ? (0..<size).map { _ in random.chance(nulls) } : []
          // Few distinct values half of the time.
          let range = column.type.range
          let values = (0..<size).map { _ in
            random.chance(50)
              ? Int64.random(in: range, using: &random) : random.chance(50) ? range.lowerBound : range.upperBound
          }
          return TableData.Column(values: values, isNull: isNull)
        })
    }
    return (schema, holders)
  }
}
