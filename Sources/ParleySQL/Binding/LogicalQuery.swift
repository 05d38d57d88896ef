import BigInt
import ParleyProgram

/// What the rules about groups of known values ask of expressions over the rows of one table.
extension Expression {
  /// Every mention of a column.
  var mentions: [ColumnID] {
    if case .column(let id) = self { [id] } else { children.flatMap(\.mentions) }
  }

  /// Columns on which a choice or condition inside depends: sums of such expressions can be counts.
  var decidingColumns: Set<ColumnID> {
    switch self {
    case .column: []
    case .add, .subtract, .multiply, .scaled, .truncated:
      children.reduce(into: []) { $0.formUnion($1.decidingColumns) }
    case .choose(let branches, let otherwise):
      branches.reduce(into: otherwise.decidingColumns) { found, branch in
        found.formUnion(branch.condition.columns)
        found.formUnion(branch.result.decidingColumns)
      }
    default: columns
    }
  }

  /// Whether values of one column are grouped into coarser ones: a bucket of two and more, bands of a CASE, or a larger unit of time. The
  /// day of a month and what else is left of a division may tell every value where ranges are short.
  ///
  /// - Parameter range: of the column.
  func isCoarsened(_ range: ClosedRange<Int64>) -> Bool {
    guard columns.count == 1 else { return false }
    switch self {
    case .truncated(_, let width), .floored(_, let width): return width.magnitude > 1
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
  private static func areBands(_ conditions: [Expression], within range: ClosedRange<Int64>) -> Bool {
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
    case .compare(.less, .column, .integer(let k)): return [k]
    case .compare(.less, .integer(let k), .column): return [k + 1]
    case .compare(.lessOrEqual, .column, .integer(let k)): return [k + 1]
    case .compare(.lessOrEqual, .integer(let k), .column): return [k]
    default: return nil
    }
  }
  /// Whether a division towards zero is in it, which makes buckets of a key.
  var containsBucket: Bool {
    if case .truncated = self { true } else { children.contains(where: \.containsBucket) }
  }
  /// Whether a division or a part of a date is in it.
  var containsDivision: Bool {
    switch self {
    case .truncated, .floored, .remainder, .calendar: true
    default: children.contains(where: \.containsDivision)
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
  /// Over the rows of the table.
  var arguments: [Expression]
  var types: [SQLType]
  /// Of QUANTILE, and of MEDIAN one half: the share of the values that are not above it.
  var share: Share?

  struct Share: Hashable, Sendable {
    var numerator: Int
    var denominator: Int
  }
}

/// Statistics over public groups, as ``PublicGroups`` recognises them: scan → filter → aggregate → project → order.
///
/// Columns are numbered as in the schema of the table, and NULL is one of numbers or of conditions.
struct LogicalQuery: Sendable {
  struct Key: Hashable, Sendable {
    var expression: Expression
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
  var filter: Expression?
  var filterRange: SourceRange?
  var keys: [Key]
  /// One name for each key: its alias where it is selected, else its text.
  var keyNames: [String]
  var projections: [Projection]
  var order: [Order]

  var statistics: [Statistic] {
    projections.compactMap { if case .statistic(let statistic, _, _) = $0.value { statistic } else { nil } }
  }
  var keySet: Set<Expression> { Set(keys.map(\.expression)) }
}
