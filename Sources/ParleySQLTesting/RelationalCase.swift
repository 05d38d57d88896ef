internal import ParleyBase
package import ParleyProgram
internal import ParleyTesting

/// Random tables over several holders with one random relational query, in Parley's dialect and in SQLite's, where
/// decimals are scaled integers and dates are day numbers, so that the database is exact too.
package struct RelationalCase: Sendable, CustomStringConvertible {
  /// How a column of the two answers is compared.
  package enum Kind: Hashable, Sendable {
    /// The database has the value times 10^scale.
    case number(scale: Int)
    /// The database has a real number, in units of 10^-scale.
    case mean(scale: Int)
    /// The database has 0 or 1.
    case boolean
    /// The database has days since 1970-01-01.
    case date
    /// The database has seconds since 1970-01-01.
    case timestamp
    /// The database has the position in the list.
    case category([String])
    /// Byte by byte.
    case text
  }
  /// What everything follows from.
  package let seed: UInt64
  /// The declared shapes.
  package let tables: [TableSchema]
  /// By table, then holder.
  package let data: [String: [TableData]]
  /// The query in Parley's dialect.
  package let text: String
  /// The query in SQLite's.
  package let oracleText: String
  /// By selected column.
  package let kinds: [Kind]
  /// Selected columns by which the rows are ordered, if they are.
  package let orderColumns: [Int]

  /// - Parameter groupsByRank: MEDIAN and QUANTILE with GROUP BY, instead of anything.
  package init(seed: UInt64, groupsByRank: Bool = false) {
    var random = InsecureRandom(seed: seed)
    self.seed = seed
    var tables: [TableSchema] = []
    var data: [String: [TableData]] = [:]
    for name in ["r", "s", "t"] {
      let (table, holders) = Self.table(name, &random)
      tables.append(table)
      data[name] = holders
    }
    var generator = RelationalQueryGenerator(tables: tables, random: random)
    let query = groupsByRank ? generator.groupedByRank() : generator.query()
    (self.tables, self.data) = (tables, data)
    (text, oracleText) = (query.ours, query.theirs)
    kinds = query.columns.map(\.kind)
    orderColumns = query.orderColumns
  }

  package var description: String { "seed \(seed), \(text)" }

  /// Few, so that they meet; longer and shorter than a digest, empty, different in the last byte only, and one text in
  /// two spellings of Unicode, which are two texts.
  static let texts = [
    "", "short", "e\u{301}", "\u{e9}", "fourteen bytes", "Georg-August-Universität, I",
    "Georg-August-Universität, J", "a text of thirty bytes, no les", "  ho\u{1f600} ", "SHORT",
  ]

  /// In the order of their bytes, so that the database orders them alike; one letter in two spellings of Unicode.
  static let labels = ["blue", "e\u{301}", "red", "\u{e9}"]

  /// Midnights of the dates, and seconds beside them.
  private static let times: [Int64] = [
    863_999_999, 864_000_000, 864_000_000, 864_000_001, 864_043_200, 864_086_400, 864_090_061, 864_176_399,
    864_259_200,
  ]

  /// Few rows and few different values, so that joins and groups meet; NULLs, negative numbers, empty tables, one row,
  /// duplicate rows.
  private static func table(_ name: String, _ random: inout InsecureRandom) -> (TableSchema, [TableData]) {
    let size = random.pick([0, 1, 2, 3, 4, 5, 6, 7])
    let isKeyed = random.chance(50)
    let types: [(String, ColumnType)] = [
      ("k", .integer(0...7)),
      ("a", .integer(-2...3)),
      ("d", .decimal(scale: Int.random(in: 1...2, using: &random), -150...150)),
      ("b", .boolean),
      ("c", .category(labels)),
      ("w", .date(10_000...10_003)),
      ("n", .text(bytes: 30)),
      ("v", .text(bytes: 14)),
      ("z", .timestamp(863_990_000...864_300_000)),
    ]
    let columns = types.enumerated().map { index, type in
      ColumnSchema(
        name: type.0, type: type.1, isNullable: index == 0 ? !isKeyed && random.chance(50) : random.chance(60))
    }
    let nulls = random.pick([0, 20, 60])
    var rows: [[(value: Int64, isNull: Bool)]] = []
    let keys = Array(Int64(0)...7).shuffled(using: &random)
    for row in 0..<size {
      if row > 0, !isKeyed, random.chance(20) {
        rows.append(rows[row - 1])
        continue
      }
      rows.append(
        columns.enumerated().map { index, column in
          let range = column.type.range
          if index == 0, isKeyed { return (keys[row], false) }
          if case .text(let bytes) = column.type {
            // The place of a text that fits.
            let places = texts.indices.filter { texts[$0].utf8.count <= bytes }
            return (Int64(random.pick(places)), column.isNullable && random.chance(nulls))
          }
          if case .timestamp = column.type {
            return (random.pick(times), column.isNullable && random.chance(nulls))
          }
          let value = random.chance(50) ? Int64.random(in: range, using: &random) : range.upperBound
          return (index == 0 ? value % 4 : value, column.isNullable && random.chance(nulls))
        })
    }
    let holderCount = Int.random(in: 1...2, using: &random)
    let cut = Int.random(in: 0...size, using: &random)
    let parts = holderCount == 1 ? [rows] : [Array(rows[..<cut]), Array(rows[cut...])]
    let padding = random.chance(20) ? 8 : nil
    let schema = TableSchema(
      name: name, columns: columns, holders: (0..<holderCount).map { "holder\($0)" },
      maximumRows: 8 * (padding == nil ? 1 : holderCount), padTo: padding,
      uniqueKeys: isKeyed && random.chance(70) ? [["k"]] : [])
    let holders = parts.map { part in
      TableData(
        rowCount: part.count,
        columns: columns.indices.map { index in
          let isNull = columns[index].isNullable ? part.map { $0[index].isNull } : []
          guard case .text = columns[index].type else {
            return TableData.Column(values: part.map { $0[index].value }, isNull: isNull)
          }
          return TableData.Column(
            values: [], isNull: isNull, texts: part.map { $0[index].isNull ? "" : texts[Int($0[index].value)] })
        })
    }
    return (schema, holders)
  }
}
