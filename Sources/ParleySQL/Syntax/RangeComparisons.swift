import BigInt
import ParleyBase
import ParleyProgram

/// Comparisons of a column with a constant that its declared range decides: they are true for no row, or for every row.
///
/// Only what is certain from the text is told: in statements whose tables are the study's own, without subqueries in FROM, common
/// tables and unions, whose columns may be others under the same name.
struct RangeComparisons {
  private let statement: QueryStatement
  private let source: Source
  /// By the name under which the statement uses it; nil where that is several tables, or none of the study.
  private var tables: [String: TableSchema?] = [:]
  /// Names of what is selected: a name that is one of them may not be a column.
  private var hidden: Set<String> = []

  init(_ statement: QueryStatement, _ source: Source, tables: [TableSchema]) {
    self.statement = statement
    self.source = source
    var known: [String: TableSchema?] = [:]
    var names: Set<String> = []
    SyntaxWalk.visit(statement) { part, _ in
      switch part {
      case .table(let name, let alias):
        let used = (alias?.name.text ?? name.text).lowercased()
        let schema = tables.first { $0.name.lowercased() == name.text.lowercased() }
        let isRenamed = alias?.columns.isEmpty == false
        if let earlier = known[used], earlier != schema {
          known[used] = .some(nil)
        } else {
          known[used] = .some(isRenamed ? nil : schema)
        }
      case .item(_, let alias): names.insert(alias.text.lowercased())
      default: break
      }
    }
    self.tables = known
    hidden = names
  }

  func notes() -> [String] {
    guard isFlat(statement) else { return [] }
    var notes: [String] = []
    SyntaxWalk.visit(statement) { part, _ in
      guard case .expression(let expression) = part, let note = note(expression), !notes.contains(note) else {
        return
      }
      notes.append(note)
    }
    return notes
  }

  /// Whether every column is one of a table of the study, also in the queries that stand in conditions.
  private func isFlat(_ statement: QueryStatement) -> Bool {
    func isNamed(_ table: TableExpression) -> Bool {
      switch table {
      case .named: true
      case .derived: false
      case .joined(_, let a, let b, _, _): isNamed(a) && isNamed(b)
      }
    }
    guard statement.with.isEmpty, case .select(let block) = statement.body, block.from.allSatisfy(isNamed) else {
      return false
    }
    var isFlat = true
    SyntaxWalk.visit(statement) { part, _ in
      guard case .expression(let expression) = part else { return }
      switch expression.kind {
      case .exists(let query), .scalarQuery(let query), .oneOfQuery(_, let query):
        // Those within it are visited as well.
        guard query.with.isEmpty, case .select(let inner) = query.body, inner.from.allSatisfy(isNamed) else {
          isFlat = false
          return
        }
      default: break
      }
    }
    return isFlat
  }

  private func note(_ expression: SyntaxExpression) -> String? {
    let column: Column
    let isTrue: Bool
    switch expression.kind {
    case .comparison(let sign, let a, let b):
      if let found = self.column(a), let value = constant(b, of: found) {
        guard let decided = found.decides(sign, value) else { return nil }
        (column, isTrue) = (found, decided)
      } else if let found = self.column(b), let value = constant(a, of: found) {
        guard let decided = found.decides(sign.mirrored, value) else { return nil }
        (column, isTrue) = (found, decided)
      } else {
        return nil
      }
    case .between(let operand, let low, let high):
      guard let found = self.column(operand), let from = constant(low, of: found),
        let to = constant(high, of: found)
      else { return nil }
      let parts = [found.decides(.greaterOrEqual, from), found.decides(.lessOrEqual, to)]
      if parts.contains(false) {
        (column, isTrue) = (found, false)
      } else if parts == [true, true] {
        (column, isTrue) = (found, true)
      } else {
        return nil
      }
    case .oneOf(let operand, let values):
      guard let found = self.column(operand), !values.isEmpty,
        values.allSatisfy({ value in constant(value, of: found).map { found.decides(.equal, $0) == false } ?? false
        })
      else { return nil }
      (column, isTrue) = (found, false)
    default: return nil
    }
    let text = source.text(expression.range)
    return
      "\(text) is \(isTrue ? "true for every row that has a value" : "never true"): the study declares \(column.schema.name) from \(column.text.lower) to \(column.text.upper)"
  }

  // MARK: Columns and constants

  private struct Column {
    var schema: ColumnSchema
    var range: ClosedRange<Int64>
    /// Decimals of the numbers of the range.
    var scale: Int
    var kind: Kind
    enum Kind { case number, date }

    init?(_ schema: ColumnSchema) {
      self.schema = schema
      switch schema.type {
      case .integer(let range): (self.range, scale, kind) = (range, 0, .number)
      case .decimal(let scale, let range): (self.range, self.scale, kind) = (range, scale, .number)
      case .date(let range): (self.range, scale, kind) = (range, 0, .date)
      case .boolean, .category, .timestamp, .text: return nil
      }
    }

    /// Whether the comparison with digits / 10^scale is true, or false, of all values.
    func decides(_ sign: ComparisonSign, _ value: (digits: BigInt, scale: Int)) -> Bool? {
      let lower = BigInt(range.lowerBound) * BigInt(10).power(value.scale)
      let upper = BigInt(range.upperBound) * BigInt(10).power(value.scale)
      let constant = value.digits * BigInt(10).power(scale)
      func decided(_ isAlways: Bool, _ isNever: Bool) -> Bool? { isAlways ? true : isNever ? false : nil }
      switch sign {
      case .less: return decided(upper < constant, lower >= constant)
      case .lessOrEqual: return decided(upper <= constant, lower > constant)
      case .greater: return decided(lower > constant, upper <= constant)
      case .greaterOrEqual: return decided(lower >= constant, upper < constant)
      case .equal: return decided(lower == constant && upper == constant, constant < lower || constant > upper)
      case .notEqual: return decided(constant < lower || constant > upper, lower == constant && upper == constant)
      }
    }

    var text: (lower: String, upper: String) {
      func shown(_ value: Int64) -> String {
        if kind == .date { return CivilDate(daysSince1970: Int(value)).description }
        guard scale > 0 else { return String(value) }
        let digits = String(value.magnitude)
        let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
        let fraction = String(padded.suffix(scale).reversed().drop { $0 == "0" }.reversed())
        return (value < 0 ? "-" : "") + padded.dropLast(scale) + (fraction.isEmpty ? "" : "." + fraction)
      }
      return (shown(range.lowerBound), shown(range.upperBound))
    }
  }

  private func column(_ expression: SyntaxExpression) -> Column? {
    guard case .name(let qualifier, let name) = expression.kind else { return nil }
    func find(_ table: TableSchema) -> ColumnSchema? {
      table.columns.first { $0.name.lowercased() == name.text.lowercased() }
    }
    if let qualifier {
      guard case .some(.some(let table)) = tables[qualifier.text.lowercased()] else { return nil }
      return find(table).flatMap(Column.init)
    }
    guard !hidden.contains(name.text.lowercased()) else { return nil }
    var found: [ColumnSchema] = []
    for case .some(let table) in tables.values {
      if let schema = find(table), !found.contains(schema) { found.append(schema) }
    }
    return found.count == 1 ? Column(found[0]) : nil
  }

  private func constant(_ expression: SyntaxExpression, of column: Column) -> (digits: BigInt, scale: Int)? {
    switch (expression.kind, column.kind) {
    case (.number(let digits, let scale), .number): (digits, scale)
    case (.negated(let inner), .number): constant(inner, of: column).map { (-$0.digits, $0.scale) }
    case (.date(let days), .date): (BigInt(days), 0)
    default: nil
    }
  }
}

extension ComparisonSign {
  /// The sign with both sides exchanged.
  fileprivate var mirrored: ComparisonSign {
    switch self {
    case .equal, .notEqual: self
    case .less: .greater
    case .lessOrEqual: .greaterOrEqual
    case .greater: .less
    case .greaterOrEqual: .lessOrEqual
    }
  }
}
