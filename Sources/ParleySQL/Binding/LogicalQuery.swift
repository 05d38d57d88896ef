import BigInt
import ParleyProgram

/// An expression over one row with names resolved and types aligned, free of source positions: equal expressions
/// are equal values, which is how group keys are matched and filters compared.
///
/// Numbers are scaled integers; both sides of sums and comparisons have one scale.
indirect enum RowExpression: Hashable, Sendable {
  case column(Int)
  case integer(BigInt)
  case boolean(Bool)
  case null(isCondition: Bool)
  case add(RowExpression, RowExpression)
  case subtract(RowExpression, RowExpression)
  case multiply(RowExpression, RowExpression)
  case scaled(RowExpression, by: BigInt)
  /// Integer division by a positive constant, towards zero; in group keys only.
  case bucket(RowExpression, width: BigInt)
  /// Division by a positive constant, downwards, and what it leaves. These and parts of dates are computed by the holder
  /// of the row.
  case floored(RowExpression, by: BigInt)
  case remainder(RowExpression, by: BigInt)
  case calendar(CalendarFunction, RowExpression)
  case less(RowExpression, RowExpression)
  case lessOrEqual(RowExpression, RowExpression)
  case equal(RowExpression, RowExpression)
  /// Equality of conditions.
  case equivalent(RowExpression, RowExpression)
  case not(RowExpression)
  case and(RowExpression, RowExpression)
  case or(RowExpression, RowExpression)
  case isNull(RowExpression)
  /// CASE: the first branch whose condition is true.
  case choose([Branch], otherwise: RowExpression)
  case coalesce([RowExpression])

  struct Branch: Hashable, Sendable {
    var condition: RowExpression
    var result: RowExpression
  }

  /// Expressions are looked up by themselves again and again, every part of a long one as well: their hash looks near the top
  /// only, and at how long a chain they are, such as a sum of many.
  func hash(into hasher: inout Hasher) {
    hasher.combine(chain)
    hash(into: &hasher, depth: 4)
  }

  /// Steps to the first operand of the first operand, and so on.
  private var chain: Int {
    var (length, next) = (0, self)
    while true {
      switch next {
      case .column, .integer, .boolean, .null: return length
      case .add(let a, _), .subtract(let a, _), .multiply(let a, _), .less(let a, _), .lessOrEqual(let a, _),
        .equal(let a, _), .equivalent(let a, _), .and(let a, _), .or(let a, _), .scaled(let a, _),
        .bucket(let a, _), .floored(let a, _), .remainder(let a, _), .calendar(_, let a), .not(let a),
        .isNull(let a):
        next = a
      case .choose(let branches, let otherwise): next = branches.first?.condition ?? otherwise
      case .coalesce(let parts):
        guard let first = parts.first else { return length }
        next = first
      }
      length += 1
    }
  }

  private func hash(into hasher: inout Hasher, depth: Int) {
    let own: Int
    switch self {
    case .column(let index): own = index
    case .integer(let value): own = value.hashValue
    case .boolean(let value): own = value ? 1 : 0
    case .scaled(_, let value), .bucket(_, let value), .floored(_, let value), .remainder(_, let value):
      own = value.hashValue
    case .calendar(let function, _): own = function.hashValue
    case .null, .add, .subtract, .multiply, .less, .lessOrEqual, .equal, .equivalent, .not, .and, .or, .isNull,
      .choose, .coalesce:
      own = 0
    }
    hasher.combine(kind)
    hasher.combine(own)
    guard depth > 0 else { return }
    switch self {
    case .column, .integer, .boolean, .null: break
    case .add(let a, let b), .subtract(let a, let b), .multiply(let a, let b), .less(let a, let b),
      .lessOrEqual(let a, let b), .equal(let a, let b), .equivalent(let a, let b), .and(let a, let b),
      .or(let a, let b):
      a.hash(into: &hasher, depth: depth - 1)
      b.hash(into: &hasher, depth: depth - 1)
    case .scaled(let a, _), .bucket(let a, _), .floored(let a, _), .remainder(let a, _), .calendar(_, let a),
      .not(let a), .isNull(let a):
      a.hash(into: &hasher, depth: depth - 1)
    case .choose(let branches, let otherwise):
      hasher.combine(branches.count)
      if let first = branches.first {
        first.condition.hash(into: &hasher, depth: depth - 1)
        first.result.hash(into: &hasher, depth: depth - 1)
      }
      otherwise.hash(into: &hasher, depth: depth - 1)
    case .coalesce(let parts):
      hasher.combine(parts.count)
      parts.first?.hash(into: &hasher, depth: depth - 1)
      parts.last?.hash(into: &hasher, depth: depth - 1)
    }
  }

  private var kind: Int {
    switch self {
    case .column: 0
    case .integer: 1
    case .boolean: 2
    case .null: 3
    case .add: 4
    case .subtract: 5
    case .multiply: 6
    case .scaled: 7
    case .bucket: 8
    case .floored: 9
    case .remainder: 10
    case .calendar: 11
    case .less: 12
    case .lessOrEqual: 13
    case .equal: 14
    case .equivalent: 15
    case .not: 16
    case .and: 17
    case .or: 18
    case .isNull: 19
    case .choose: 20
    case .coalesce: 21
    }
  }
}

extension RowExpression {
  /// OR over conditions as a balanced tree.
  static func any(_ parts: ArraySlice<RowExpression>) -> RowExpression {
    guard let first = parts.first else { return .boolean(false) }
    guard parts.count > 1 else { return first }
    let middle = parts.startIndex + (parts.count + 1) / 2
    return .or(any(parts[..<middle]), any(parts[middle...]))
  }

  var children: [RowExpression] {
    switch self {
    case .column, .integer, .boolean, .null: []
    case .add(let a, let b), .subtract(let a, let b), .multiply(let a, let b), .less(let a, let b),
      .lessOrEqual(let a, let b), .equal(let a, let b), .equivalent(let a, let b), .and(let a, let b),
      .or(let a, let b):
      [a, b]
    case .scaled(let a, _), .bucket(let a, _), .floored(let a, _), .remainder(let a, _), .calendar(_, let a),
      .not(let a), .isNull(let a):
      [a]
    case .choose(let branches, let otherwise):
      branches.flatMap { [$0.condition, $0.result] } + [otherwise]
    case .coalesce(let parts): parts
    }
  }

  /// Its parts, counted up to a limit; a part that stands several times counts several times.
  func size(upTo limit: Int) -> Int {
    var size = 1
    for child in children where size < limit { size += child.size(upTo: limit - size) }
    return size
  }

  /// Every mention of a column, by position in the schema.
  var mentions: [Int] {
    if case .column(let index) = self { [index] } else { children.flatMap(\.mentions) }
  }
  var columns: Set<Int> { Set(mentions) }

  /// Columns on which a choice or condition inside depends: sums of such expressions can be counts.
  var decidingColumns: Set<Int> {
    switch self {
    case .less, .lessOrEqual, .equal, .equivalent, .not, .and, .or, .isNull, .coalesce, .floored, .remainder,
      .calendar:
      columns
    case .choose(let branches, let otherwise):
      branches.reduce(into: otherwise.decidingColumns) { found, branch in
        found.formUnion(branch.condition.columns)
        found.formUnion(branch.result.decidingColumns)
      }
    default: children.reduce(into: []) { $0.formUnion($1.decidingColumns) }
    }
  }

  /// Whether values of one column are grouped into coarser ones: a bucket of two and more, bands of a CASE, or a larger unit of time. The
  /// day of a month and what else is left of a division may tell every value where ranges are short.
  ///
  /// - Parameter range: of the column.
  func isCoarsened(_ range: ClosedRange<Int64>) -> Bool {
    guard columns.count == 1 else { return false }
    switch self {
    case .bucket(_, let width), .floored(_, let width): return width.magnitude > 1
    case .choose(let branches, let otherwise):
      return Self.areBands(branches.map(\.condition), within: range)
        && (branches.map(\.result) + [otherwise]).allSatisfy { $0.columns.isEmpty }
    case .calendar(.year, _), .calendar(.quarter, _), .calendar(.month, _),
      .calendar(.months, _):
      return true
    default: return children.contains { $0.isCoarsened(range) }
    }
  }
  /// Comparisons of one column with constants that cut its range into parts of two values and more.
  private static func areBands(_ conditions: [RowExpression], within range: ClosedRange<Int64>) -> Bool {
    var cuts: Set<BigInt> = [BigInt(range.lowerBound), BigInt(range.upperBound) + 1]
    for condition in conditions {
      guard let own = condition.cuts else { return false }
      cuts.formUnion(own)
    }
    let inside = cuts.filter { BigInt(range.lowerBound) <= $0 && $0 <= BigInt(range.upperBound) + 1 }.sorted()
    return zip(inside, inside.dropFirst()).allSatisfy { $1 - $0 > 1 }
  }
  /// The least values of one column on the other side of a comparison, of all comparisons in a condition; nil where there are others.
  private var cuts: [BigInt]? {
    switch self {
    case .boolean, .isNull(.column): return []
    case .not(let a): return a.cuts
    case .and(let a, let b), .or(let a, let b): return a.cuts.flatMap { x in b.cuts.map { x + $0 } }
    case .less(.column, .integer(let k)): return [k]
    case .less(.integer(let k), .column): return [k + 1]
    case .lessOrEqual(.column, .integer(let k)): return [k + 1]
    case .lessOrEqual(.integer(let k), .column): return [k]
    default: return nil
    }
  }
  var containsBucket: Bool {
    if case .bucket = self { true } else { children.contains(where: \.containsBucket) }
  }
  /// Whether a division or a part of a date is in it.
  var containsStep: Bool {
    switch self {
    case .bucket, .floored, .remainder, .calendar: true
    default: children.contains(where: \.containsStep)
    }
  }
}

enum StatisticFunction: String, Hashable, Sendable, CaseIterable {
  case countRows = "COUNT(*)"
  case count = "COUNT"
  case sum = "SUM"
  case average = "AVG"
  case minimum = "MIN"
  case maximum = "MAX"
  case variance = "VARIANCE"
  case deviation = "STDDEV"
  case correlation = "CORR"
  /// A value by its rank; that of MEDIAN is the mean of the two middle ones where there are two.
  case median = "MEDIAN"
  case quantile = "QUANTILE"
}

struct Statistic: Hashable, Sendable {
  var function: StatisticFunction
  var arguments: [RowExpression]
  var types: [SQLType]
  /// Of QUANTILE, and of MEDIAN one half: the share of the values that are not above it.
  var share: Share?

  struct Share: Hashable, Sendable {
    var numerator: Int
    var denominator: Int
  }
}

/// Scan → filter → aggregate → project → order: the operators of one query.
struct LogicalQuery: Sendable {
  struct Key: Hashable, Sendable {
    var expression: RowExpression
    var type: SQLType
    var range: SourceRange
  }
  struct Projection: Sendable {
    enum Value: Sendable {
      case key(Int)
      /// factor · statistic + offset
      case statistic(Statistic, factor: Decimal, offset: Decimal)
    }
    var name: String
    var value: Value
    var range: SourceRange
  }
  struct Order: Sendable {
    var key: Int
    var isDescending: Bool
    var nullsFirst: Bool
  }
  var source: Source
  var table: TableSchema
  var filter: RowExpression?
  var filterRange: SourceRange?
  var keys: [Key]
  /// One name for each key: its alias where it is selected, else its text.
  var keyNames: [String]
  var projections: [Projection]
  var order: [Order]

  var statistics: [Statistic] {
    projections.compactMap { if case .statistic(let statistic, _, _) = $0.value { statistic } else { nil } }
  }
  var keySet: Set<RowExpression> { Set(keys.map(\.expression)) }
}
