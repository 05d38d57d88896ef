import ParleyBase
import ParleyProgram

/// Makes made-up rows keep what a table says of them: keys that are unique, and how often values occur, among the rows of all
/// its holders.
struct SyntheticKeys {
  /// No more than `most` rows have the same values of these columns; rows with NULL in one of them do not count.
  private struct Rule {
    var columns: [Int]
    var most: Int
    /// How many rows have these values so far.
    var seen: [[Cell]: Int] = [:]
    /// Every combination of values before this one has `most` rows.
    var next: UInt64 = 0
  }
  private enum Cell: Hashable {
    case number(Int64)
    case text(String)
  }

  private let schema: TableSchema
  private let pools: [Int: SyntheticPool]
  private var rules: [Rule]
  /// Redraws before combinations are tried in turn, which is for tables that use up most of them.
  private static let redraws = 16
  /// Combinations that are tried in turn for one row beyond those that are used up.
  private static let tries: UInt64 = 100_000

  /// - Parameter pools: the values of some columns.
  init(_ schema: TableSchema, pools: [Int: SyntheticPool] = [:]) {
    self.schema = schema
    self.pools = pools
    let limits = schema.uniqueKeys.map { TableSchema.RowLimit(columns: $0, rows: 1) } + schema.rowLimits
    rules = limits.map { limit in
      Rule(
        columns: limit.columns.compactMap { name in schema.columns.firstIndex { $0.name == name } },
        most: limit.rows)
    }
  }

  var isEmpty: Bool { rules.isEmpty }

  /// Changes cells of rows that would break a rule, and remembers the rows. The same for the same calls before.
  ///
  /// - Throws: `usage/arguments` where there are too few values for so many rows.
  mutating func keep(_ data: inout TableData, seed: UInt64) throws(ParleyError) {
    var random = InsecureSplitMix(seed: seed ^ 0x6b65_7973)
    for row in 0..<data.rowCount {
      for rule in rules.indices where !allows(rule, data, row) {
        var isMended = false
        for _ in 0..<Self.redraws where !isMended {
          for column in rules[rule].columns {
            set(column, row, random.next(upTo: size(column)), &data)
          }
          isMended = (0...rule).allSatisfy { allows($0, data, row) }
        }
        if !isMended { try take(rule, row, &data) }
      }
      for rule in rules.indices {
        guard let key = key(rule, data, row) else { continue }
        rules[rule].seen[key, default: 0] += 1
      }
    }
  }

  private func key(_ rule: Int, _ data: TableData, _ row: Int) -> [Cell]? {
    var cells: [Cell] = []
    for index in rules[rule].columns {
      let column = data.columns[index]
      if !column.isNull.isEmpty, column.isNull[row] { return nil }
      cells.append(column.texts.isEmpty ? .number(column.values[row]) : .text(column.texts[row]))
    }
    return cells
  }

  private func allows(_ rule: Int, _ data: TableData, _ row: Int) -> Bool {
    guard let key = key(rule, data, row) else { return true }
    return rules[rule].seen[key, default: 0] < rules[rule].most
  }

  /// Takes the next combination of values that this rule and those before it allow.
  private mutating func take(_ rule: Int, _ row: Int, _ data: inout TableData) throws(ParleyError) {
    let combinations = product(rule) { size($0) }
    var place = rules[rule].next
    var isUsedUp = true
    while place < combinations, place - rules[rule].next < Self.tries {
      var rest = place
      for column in rules[rule].columns {
        set(column, row, rest % size(column), &data)
        rest /= size(column)
      }
      place += 1
      if allows(rule, data, row) {
        isUsedUp = false
        if (0..<rule).allSatisfy({ allows($0, data, row) }) { return }
      } else if isUsedUp {
        rules[rule].next = place
      }
    }
    let names = rules[rule].columns.map { schema.columns[$0].name }.joined(separator: ", ")
    throw ParleyError(
      .usage,
      "no more rows of table '\(schema.name)' can be made up: at most \(rules[rule].most) may have the same \(names), of which the study allows \(self.combinations(rule)) different values",
      remedy:
        "write 'maximum-rows: \(mostRows(of: rule))' for this table in the study, which it cannot exceed anyway, or declare a wider range for \(names)"
    )
  }

  /// Most rows that the rules leave room for, each looked at alone.
  var mostRows: Int { rules.indices.map { mostRows(of: $0) }.min() ?? .max }

  private func mostRows(of rule: Int) -> Int {
    let (product, overflow) = combinations(rule).multipliedReportingOverflow(by: UInt64(rules[rule].most))
    return overflow ? .max : Int(clamping: product)
  }

  /// How many different values the columns of a rule can have together; at most 2^64 - 1 are counted.
  private func combinations(_ rule: Int) -> UInt64 {
    product(rule) { SyntheticData.size(schema.columns[$0].type) }
  }

  private func product(_ rule: Int, of sizes: (Int) -> UInt64) -> UInt64 {
    rules[rule].columns.reduce(UInt64(1)) {
      let (product, overflow) = $0.multipliedReportingOverflow(by: sizes($1))
      return overflow ? .max : product
    }
  }

  /// How many values a column is given.
  private func size(_ column: Int) -> UInt64 {
    pools[column]?.count ?? SyntheticData.size(schema.columns[column].type)
  }

  /// Gives a cell the value of a number below ``size(_:)``.
  private func set(_ column: Int, _ row: Int, _ number: UInt64, _ data: inout TableData) {
    if !data.columns[column].isNull.isEmpty { data.columns[column].isNull[row] = false }
    guard case .text = schema.columns[column].type else {
      let first = pools[column]?.first ?? schema.columns[column].type.range.lowerBound
      data.columns[column].values[row] = first &+ Int64(bitPattern: number)
      return
    }
    data.columns[column].texts[row] = SyntheticPool.text(number)
  }
}
