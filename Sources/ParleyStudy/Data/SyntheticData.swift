public import ParleyBase
public import ParleyProgram

/// Made-up rows within the declared ranges: to try a study and to measure it before any real data is near.
///
/// The rows depend on schema, count and seed alone. They are evenly spread and know nothing of real data; use them
/// for cost and correctness, never for conclusions.
public enum SyntheticData {
  /// The rows of one of a table's holders, which keep what the table says of the rows of all of them: keys that are unique, and
  /// how often values occur.
  ///
  /// - Parameters:
  ///   - rows: of every holder, in the order of the table.
  ///   - seed: of all of them.
  /// - Throws: `usage/arguments` where the declared ranges have too few values for so many rows.
  public static func make(
    _ schema: TableSchema, rows: [Int], holder: Int, seed: UInt64
  ) throws(ParleyError) -> TableData {
    try make(schema, rows: rows, holder: holder, seed: seed, pools: [:])
  }

  /// The same, with columns that take their values from a pool that other tables take them from as well.
  package static func make(
    _ schema: TableSchema, rows: [Int], holder: Int, seed: UInt64, pools: [Int: SyntheticPool]
  ) throws(ParleyError) -> TableData {
    var keys = SyntheticKeys(schema, pools: pools)
    guard !keys.isEmpty else {
      return make(schema, rows: rows[holder], seed: seed &+ UInt64(holder), pools: pools)
    }
    for earlier in 0..<holder {
      var data = make(schema, rows: rows[earlier], seed: seed &+ UInt64(earlier), pools: pools)
      try keys.keep(&data, seed: seed &+ UInt64(earlier))
    }
    var data = make(schema, rows: rows[holder], seed: seed &+ UInt64(holder), pools: pools)
    try keys.keep(&data, seed: seed &+ UInt64(holder))
    return data
  }

  /// Most rows that a table can have, all holders together, with what it says of its keys: `Int.max` where it says nothing.
  package static func mostRows(_ schema: TableSchema) -> Int { SyntheticKeys(schema).mostRows }

  /// One holder's rows, within the declared ranges and nothing else; one in ten cells of a nullable column is NULL.
  public static func make(_ schema: TableSchema, rows: Int, seed: UInt64) -> TableData {
    make(schema, rows: rows, seed: seed, pools: [:])
  }

  private static func make(
    _ schema: TableSchema, rows: Int, seed: UInt64, pools: [Int: SyntheticPool]
  ) -> TableData {
    var columns: [TableData.Column] = []
    var seeds = InsecureSplitMix(seed: seed)
    for (index, column) in schema.columns.enumerated() {
      // A stream of its own for every column, so that a column added at the end changes no other. Its seed is a number drawn: seeds
      // that are steps of the generator apart would give the same stream, shifted.
      var random = InsecureSplitMix(seed: seeds.next())
      var values: [Int64] = []
      var texts: [String] = []
      var isNull: [Bool] = []
      values.reserveCapacity(rows)
      let range = column.type.range
      for _ in 0..<rows {
        let missing = column.isNullable && random.next(upTo: 10) == 0
        if case .text(let bytes) = column.type {
          let drawn = pools[index].map { SyntheticPool.text(random.next(upTo: $0.count)) }
          texts.append(missing ? "" : drawn ?? random.text(bytes: bytes))
        } else {
          let drawn = pools[index].map { $0.first &+ Int64(bitPattern: random.next(upTo: $0.count)) }
          values.append(missing ? 0 : drawn ?? random.value(in: range))
        }
        if column.isNullable { isNull.append(missing) }
      }
      if schema.repeatsUnits(by: column.name) {
        // People come again: the last third of the rows is of those of the others.
        let first = rows - rows / 3
        for row in first..<rows {
          let same = Int(random.next(upTo: UInt64(first)))
          if texts.isEmpty { values[row] = values[same] } else { texts[row] = texts[same] }
        }
      }
      columns.append(.init(values: values, isNull: isNull, texts: texts))
    }
    return TableData(rowCount: rows, columns: columns)
  }

  /// How many different values a made-up column of this type can have; at most 2^64 - 1 are counted.
  static func size(_ type: ColumnType) -> UInt64 {
    if case .text(let bytes) = type {
      return (1...min(max(bytes, 1), InsecureSplitMix.longestText)).reduce(UInt64(0)) { sum, _ in sum * 26 + 26 }
    }
    let span = UInt64(bitPattern: type.range.upperBound &- type.range.lowerBound)
    return span == .max ? span : span + 1
  }
}

extension TableSchema {
  /// Whether the column names whom the table protects, and may name one of them in several rows.
  package func repeatsUnits(by column: String) -> Bool {
    guard case .units(_, column) = protection else { return false }
    return !uniqueKeys.contains([column])
  }
}

/// Cells of made-up rows.
extension InsecureSplitMix {
  static let longestText = 12

  /// Small letters, 1 to as many as there may be bytes and ``longestText`` at most.
  mutating func text(bytes: Int) -> String {
    let count = 1 + Int(next(upTo: UInt64(min(max(bytes, 1), Self.longestText))))
    return String(decoding: (0..<count).map { _ in UInt8(ascii: "a") + UInt8(next(upTo: 26)) }, as: UTF8.self)
  }

  mutating func value(in range: ClosedRange<Int64>) -> Int64 {
    let span = UInt64(bitPattern: range.upperBound &- range.lowerBound)
    let offset = span == .max ? next() : next(upTo: span + 1)
    return range.lowerBound &+ Int64(bitPattern: offset)
  }
}
