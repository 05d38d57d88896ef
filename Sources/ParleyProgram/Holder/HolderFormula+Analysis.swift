internal import BigInt
package import ParleyBase

/// Types, ranges and whether there can be no value, from the declared columns alone: what the planner reasons with.
extension HolderFormula {
  /// What is known of a formula before any data.
  package struct Facts: Hashable, Sendable {
    /// Nil where every value is NULL.
    package var sort: Program.Sort?
    /// Whether it can be NULL.
    package var isNullable: Bool

    /// The integers it can be, 0 and 1 for bits; [0, 0] where there never is a value.
    package var range: Interval { sort.map { Program.ValueType($0, .scalar).range } ?? .exactly(0) }
    fileprivate var isBit: Bool { sort == nil || sort == .bit }
  }

  /// The range of the formula's integers; ``Interval/bit`` for bits. Nil where the formula does not fit the table.
  public func range(in schema: TableSchema) -> Interval? { (try? facts(in: schema))?.range }

  /// - Throws: `plan/formula` for a formula that does not fit the table.
  package func facts(in schema: TableSchema) throws(ParleyError) -> Facts {
    switch self {
    case .column(let name):
      let column = try schema.column(named: name)
      if case .text = column.type {
        throw HolderFormula.refusal("a number is needed where text column '\(name)' stands")
      }
      let range = Interval(BigInt(column.type.range.lowerBound), BigInt(column.type.range.upperBound))
      return Facts(sort: column.type == .boolean ? .bit : .integer(range), isNullable: column.isNullable)
    case .constant(let value): return Facts(sort: .integer(.exactly(value)), isNullable: false)
    case .bit: return Facts(sort: .bit, isNullable: false)
    case .null: return Facts(sort: nil, isNullable: true)
    case .add(let a, let b): return try integer(a, b, in: schema, +)
    case .subtract(let a, let b): return try integer(a, b, in: schema, -)
    case .multiply(let a, let b): return try integer(a, b, in: schema) { a == b ? $0.squared : $0 * $1 }
    case .scale(let a, let factor): return try integer(a, in: schema) { $0 * .exactly(factor) }
    case .floorQuotient(let a, let divisor):
      try Self.check(divisor: divisor)
      return try integer(a, in: schema) {
        Interval($0.lower.flooredQuotient(by: divisor), $0.upper.flooredQuotient(by: divisor))
      }
    case .floorRemainder(let a, let divisor):
      try Self.check(divisor: divisor)
      return try integer(a, in: schema) { $0.remainder(by: divisor) }
    case .truncatedQuotient(let a, let divisor):
      try Self.check(divisor: divisor)
      return try integer(a, in: schema) { Interval($0.lower / divisor, $0.upper / divisor) }
    case .compare(_, let a, let b):
      let x = try a.facts(in: schema), y = try b.facts(in: schema)
      guard x.sort == nil || y.sort == nil || x.isBit == y.isBit else {
        throw HolderFormula.refusal("a number is compared with a condition")
      }
      return Facts(sort: .bit, isNullable: x.isNullable || y.isNullable)
    case .not(let a): return Facts(sort: .bit, isNullable: try a.condition(in: schema).isNullable)
    case .and(let a, let b), .or(let a, let b):
      let x = try a.condition(in: schema), y = try b.condition(in: schema)
      return Facts(sort: .bit, isNullable: x.isNullable || y.isNullable)
    case .isNull(let a):
      _ = try a.facts(in: schema)
      return Facts(sort: .bit, isNullable: false)
    case .choose(let branches, let otherwise):
      var result = try otherwise.facts(in: schema)
      for branch in branches {
        _ = try branch.condition.condition(in: schema)
        let value = try branch.value.facts(in: schema)
        result = Facts(
          sort: try Self.union(result.sort, value.sort), isNullable: result.isNullable || value.isNullable)
      }
      return result
    case .coalesce(let parts):
      var result = Facts(sort: nil, isNullable: true)
      for part in parts {
        let value = try part.facts(in: schema)
        // What comes after a value that is always there is never reached, but must be of its kind.
        let sort = try Self.union(result.sort, value.sort)
        if result.isNullable { result.sort = sort }
        result.isNullable = result.isNullable && value.isNullable
      }
      return result
    case .calendar(let function, let a): return try integer(a, in: schema, function.range(over:))
    case .like(let text, let pattern, let escape):
      _ = try TextPattern(pattern, escape: escape)
      return Facts(sort: .bit, isNullable: try text.checkedNullability(in: schema))
    case .textCompare(_, let a, let b), .textHolds(let a, let b, _):
      let x = try a.checkedNullability(in: schema), y = try b.checkedNullability(in: schema)
      return Facts(sort: .bit, isNullable: x || y)
    case .textIsNull(let text):
      _ = try text.checkedNullability(in: schema)
      return Facts(sort: .bit, isNullable: false)
    case .textLength(let text):
      let longest = try text.longest(in: schema)
      return Facts(sort: .integer(Interval(0, BigInt(longest))), isNullable: try text.isNullable(in: schema))
    case .textPart(let text, let index):
      guard index >= 0 else { throw HolderFormula.refusal("a text has no part \(index)") }
      return Facts(sort: .integer(TextParts.range), isNullable: try text.checkedNullability(in: schema))
    case .textDigest(let text, let index):
      guard (0..<TextDigest.partCount).contains(index) else {
        throw HolderFormula.refusal("a digest has no part \(index)")
      }
      return Facts(sort: .integer(TextParts.range), isNullable: try text.checkedNullability(in: schema))
    }
  }

  fileprivate func condition(in schema: TableSchema) throws(ParleyError) -> Facts {
    let facts = try facts(in: schema)
    guard facts.isBit else { throw HolderFormula.refusal("a condition is needed where a number stands") }
    return facts
  }

  /// A bit counts as 0 or 1.
  private func integer(
    _ a: Self, in schema: TableSchema, _ range: (Interval) -> Interval
  ) throws(ParleyError) -> Facts {
    let x = try a.facts(in: schema)
    guard x.sort != nil else { return x }
    return Facts(sort: .integer(range(x.range)), isNullable: x.isNullable)
  }
  private func integer(
    _ a: Self, _ b: Self, in schema: TableSchema, _ range: (Interval, Interval) -> Interval
  ) throws(ParleyError) -> Facts {
    let x = try a.facts(in: schema), y = try b.facts(in: schema)
    guard x.sort != nil, y.sort != nil else { return Facts(sort: nil, isNullable: true) }
    return Facts(sort: .integer(range(x.range, y.range)), isNullable: x.isNullable || y.isNullable)
  }

  private static func union(_ a: Program.Sort?, _ b: Program.Sort?) throws(ParleyError) -> Program.Sort? {
    guard let a, let b else { return a ?? b }
    switch (a, b) {
    case (.bit, .bit): return .bit
    case (.integer(let x), .integer(let y)): return .integer(x.union(y))
    default: throw refusal("the values of a choice are numbers and conditions")
    }
  }

  private static func check(divisor: BigInt) throws(ParleyError) {
    guard divisor >= 1 else { throw refusal("a divisor is below 1") }
  }

  static func refusal(_ message: String) -> ParleyError {
    ParleyError(
      .init("plan/formula"), message + " in what a holder computes",
      remedy: "correct the expression, or report this as a defect if it came from SQL")
  }
}

extension HolderText {
  /// Of a text whose steps all end.
  fileprivate func checkedNullability(in schema: TableSchema) throws(ParleyError) -> Bool {
    _ = try longest(in: schema)
    return try isNullable(in: schema)
  }

  /// Whether the text can be NULL.
  ///
  /// - Throws: `plan/formula` where it names a column that the table does not have.
  package func isNullable(in schema: TableSchema) throws(ParleyError) -> Bool {
    switch self {
    case .column(let name):
      let column = try schema.column(named: name)
      switch column.type {
      case .text, .category: return column.isNullable
      default: throw HolderFormula.refusal("a text is needed where column '\(name)' stands")
      }
    case .literal: return false
    case .substring(let text, _, let length):
      guard length ?? 0 >= 0 else { throw HolderFormula.refusal("a part of a text has a negative length") }
      return try text.isNullable(in: schema)
    case .null: return true
    case .changed(let text, _): return try text.isNullable(in: schema)
    case .joined(let parts):
      var isNullable = false
      for part in parts { if try part.isNullable(in: schema) { isNullable = true } }
      return isNullable
    case .choose(let branches, let otherwise):
      var isNullable = try otherwise.isNullable(in: schema)
      for branch in branches {
        _ = try branch.condition.condition(in: schema)
        if try branch.text.isNullable(in: schema) { isNullable = true }
      }
      return isNullable
    case .coalesce(let parts):
      var isNullable = true
      for part in parts { if try !part.isNullable(in: schema) { isNullable = false } }
      return isNullable
    case .shown(let value, let format):
      let facts = try value.facts(in: schema)
      switch format {
      case .integer, .decimal, .date, .boolean: return facts.isNullable
      case .timestamp, .category, .text, .rounded, .float:
        throw HolderFormula.refusal("a value of this type has no text")
      }
    }
  }

  /// The most bytes that it can have: what decides how many parts it is shared in.
  /// - Throws: `plan/formula`, also where there are more than a step may have.
  package func longest(in schema: TableSchema) throws(ParleyError) -> Int {
    let bytes = try bound(in: schema)
    guard bytes <= TextParts.longestStep else {
      throw HolderFormula.refusal("a text can have more than \(TextParts.longestStep) bytes")
    }
    return bytes
  }

  private func bound(in schema: TableSchema) throws(ParleyError) -> Int {
    switch self {
    case .column(let name):
      switch try schema.column(named: name).type {
      case .text(let bytes): return bytes
      case .category(let values): return values.reduce(0) { max($0, $1.utf8.count) }
      default: throw HolderFormula.refusal("a text is needed where column '\(name)' stands")
      }
    case .literal(let text): return text.utf8.count
    case .substring(let text, _, let length):
      // A character has up to four bytes.
      let longest = try text.longest(in: schema)
      return length.map { min(longest, max($0, 0) > longest ? longest : 4 * max($0, 0)) } ?? longest
    case .null: return 0
    case .changed(let text, let function): return function.longest(of: try text.longest(in: schema))
    case .joined(let parts):
      var bytes = 0
      for part in parts { bytes = min(bytes + (try part.longest(in: schema)), TextParts.longestStep + 1) }
      return bytes
    case .choose(let branches, let otherwise):
      var bytes = try otherwise.longest(in: schema)
      for branch in branches { bytes = max(bytes, try branch.text.longest(in: schema)) }
      return bytes
    case .coalesce(let parts):
      var bytes = 0
      for part in parts { bytes = max(bytes, try part.longest(in: schema)) }
      return bytes
    case .shown(let value, let format):
      // Away from 0 digits become more, on either side.
      let range = try value.facts(in: schema).range
      return max(format.shown(range.lower).utf8.count, format.shown(range.upper).utf8.count, 5)
    }
  }
}

extension Program.ResultTable.Format {
  /// The text of a number, date or condition; days beyond what dates are shown for, as the last of them.
  func shown(_ value: BigInt) -> String {
    let limit = BigInt(399_999_999)
    return (try? text(of: self == .date ? max(-limit, min(limit, value)) : value)) ?? ""
  }
}

extension TableSchema {
  func column(named name: String) throws(ParleyError) -> ColumnSchema {
    guard let column = columns.first(where: { $0.name == name }) else {
      throw HolderFormula.refusal("table '\(self.name)' has no column '\(name)'")
    }
    return column
  }
}
