import BigInt
import ParleyProgram

/// What is known about the columns of one query's plan.
final class ColumnRegistry {
  struct Entry {
    var name: String
    var type: SQLType
    var isNullable: Bool
    /// The scan whose rows it is part of, as it is or computed by their holder.
    var scan: Int?
    /// Over the table's own columns, where the holder computes it.
    var formula: Expression?
    /// An outer join may put NULL into it.
    var isExtended = false
    /// The largest difference from the exact value, in halves of the last place; nil where it is not bounded here.
    var error: Int? = 0
    /// In last places: what its values are within, as far as declared ranges say, and a number of which all are multiples.
    var values: Interval?
    var unit: BigInt = 1
  }
  private var entries: [Entry] = []
  private var known: [Expression: ColumnID] = [:]
  private(set) var scanCount = 0
  /// Of the query that is bound.
  var limits = BindingLimits()
  /// What the query does and its author may not have meant, each once.
  private(set) var notes: [String] = []

  subscript(id: ColumnID) -> Entry {
    get { entries[id.rawValue] }
    set { entries[id.rawValue] = newValue }
  }

  func column(_ name: String, _ type: SQLType, isNullable: Bool, scan: Int? = nil) -> ColumnID {
    entries.append(Entry(name: name, type: type, isNullable: isNullable, scan: scan))
    return ColumnID(rawValue: entries.count - 1)
  }

  /// Another column with the values of one, as accurate.
  func copy(_ id: ColumnID) -> ColumnID {
    let new = column(self[id].name, self[id].type, isNullable: self[id].isNullable)
    (self[new].error, self[new].values, self[new].unit) = (self[id].error, self[id].values, self[id].unit)
    return new
  }

  /// The column that an expression becomes.
  func column(_ name: String, _ type: SQLType, of expression: Expression) -> ColumnID {
    let id = column(name, type, isNullable: isNullable(expression))
    self[id].error = error(of: expression)
    self[id].values = values(of: expression)
    self[id].unit = unit(of: expression)
    return id
  }

  func note(_ text: String) {
    if !notes.contains(text) { notes.append(text) }
  }

  func scan(_ table: TableSchema) -> Scan {
    let number = scanCount
    scanCount += 1
    let columns = table.columns.map { declared in
      let id = column(declared.name, SQLType(declared), isNullable: declared.isNullable, scan: number)
      self[id].values = declared.numbers
      return id
    }
    return Scan(number: number, table: table, columns: columns, filter: [])
  }

  /// The column that the holders of a scan's rows compute.
  func derived(_ formula: Expression, type: SQLType, scan: Int) -> ColumnID {
    if let id = known[formula] { return id }
    let isExtended = formula.columns.contains { self[$0].isExtended }
    let id = column("derived", type, isNullable: isNullable(formula), scan: scan)
    self[id].formula = formula
    self[id].isExtended = isExtended
    known[formula] = id
    return id
  }

  /// Columns that the holders of these scans compute.
  func derivedColumns(of scans: Set<Int>) -> Set<ColumnID> {
    Set(known.values.filter { self[$0].scan.map(scans.contains) ?? false })
  }

  /// Rows without a match get NULL in these columns.
  func extend(_ columns: Set<ColumnID>) {
    for id in columns {
      self[id].isNullable = true
      self[id].isExtended = true
    }
  }

  func isNullable(_ expression: Expression) -> Bool {
    switch expression {
    case .column(let id): self[id].isNullable
    case .integer, .boolean, .text, .isNull: false
    case .null, .squareRoot: true
    case .integerQuotient(let a, let b), .ratio(let a, let b, _):
      if case .integer(let divisor) = b, divisor != 0 { isNullable(a) } else { true }
    case .choose(let branches, let otherwise):
      isNullable(otherwise) || branches.contains { isNullable($0.result) }
    case .coalesce(let parts), .extreme(let parts, _): parts.allSatisfy(isNullable)
    case .subquery(let subquery):
      switch subquery.kind {
      case .exists: false
      default: true
      }
    default: expression.children.contains(where: isNullable)
    }
  }

  func type(of expression: Expression) -> SQLType? {
    switch expression {
    case .column(let id): self[id].type
    case .boolean, .compare, .compareText, .equivalent, .like, .textHolds, .not, .and, .or, .isNull: .boolean
    case .null(let type): type
    case .choose(let branches, let otherwise):
      branches.lazy.compactMap { self.type(of: $0.result) }.first ?? type(of: otherwise)
    case .coalesce(let parts), .extreme(let parts, _): parts.lazy.compactMap(type(of:)).first
    case .text, .substring, .changed, .joined, .shown: .text
    case .subquery(let subquery): subquery.type
    default: nil
    }
  }
}

extension ColumnSchema {
  /// The range of a number, in last places.
  fileprivate var numbers: Interval? {
    switch type {
    case .integer(let range), .decimal(_, let range): Interval(BigInt(range.lowerBound), BigInt(range.upperBound))
    case .boolean, .date, .category, .timestamp, .text: nil
    }
  }
}
