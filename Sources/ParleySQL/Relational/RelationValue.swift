import BigInt
import ParleyBase
import ParleyProgram
import ParleyTables

/// An expression over the rows of a table as nodes of the program, in SQL's three-valued logic.
enum RelationValue {
  /// `isNull` is nil where the value cannot be NULL. Where it is NULL the number is arbitrary within its range.
  case number(Program.NodeID, isNull: Program.NodeID?)
  /// A condition as two bits: it is true; it is true or unknown. One node where it is never unknown.
  case condition(certain: Program.NodeID, possible: Program.NodeID)
  /// Parts of seven bytes, first bytes first, padded with zeros.
  case text([Program.NodeID], isNull: Program.NodeID?)
}

/// A lowered operator: a secret table whose columns are known by identity.
struct Relation {
  var table: SecretTable
  /// Of the table's columns, in their order.
  var ids: [ColumnID?]

  func position(_ id: ColumnID) -> Int? { ids.firstIndex(of: id) }

  func keeping(_ wanted: Set<ColumnID>) -> Relation {
    var seen: Set<ColumnID> = []
    let kept = ids.indices.filter { index in
      ids[index].map { wanted.contains($0) && seen.insert($0).inserted } ?? false
    }
    return Relation(table: table.selecting(kept), ids: kept.map { ids[$0] })
  }
}

/// Expressions over rows to nodes. Equal expressions become the same nodes.
struct ExpressionLowering {
  enum Rows {
    /// - Parameter source: says where a text has to be computed that only its holder can.
    case relation(Relation, source: Source)
    /// As holders have them, and no texts.
    case table(SharedRows)
  }
  var builder: ProgramBuilder
  let rows: Rows
  private var known: [ExpressionKey: RelationValue] = [:]

  init(builder: ProgramBuilder, rows: Rows) { (self.builder, self.rows) = (builder, rows) }

  mutating func lower(_ expression: Expression) throws(ParleyError) -> RelationValue {
    let key = ExpressionKey(expression)
    if let value = known[key] { return value }
    let value = try build(expression)
    known[key] = value
    return value
  }

  /// The bit that a condition is true, where it has been lowered already.
  func knownCondition(_ expression: Expression) -> Program.NodeID? {
    if case .condition(let certain, _)? = known[ExpressionKey(expression)] { certain } else { nil }
  }

  mutating func condition(
    _ expression: Expression
  ) throws(ParleyError) -> (certain: Program.NodeID, possible: Program.NodeID) {
    switch try lower(expression) {
    case .condition(let certain, let possible): return (certain, possible)
    case .number(_, let isNull?) where builder.program[isNull].operation == .bitConstant(true):
      return (builder.constant(false), builder.constant(true))
    default: throw ParleyError(.invariant, "something else stands where a condition was bound")
    }
  }
  mutating func number(
    _ expression: Expression
  ) throws(ParleyError) -> (value: Program.NodeID, isNull: Program.NodeID?) {
    guard case .number(let value, let isNull) = try lower(expression) else {
      throw ParleyError(.invariant, "something else stands where a number was bound")
    }
    return (value, isNull)
  }
  private mutating func text(
    _ expression: Expression
  ) throws(ParleyError) -> (parts: [Program.NodeID], isNull: Program.NodeID?) {
    switch try lower(expression) {
    case .text(let parts, let isNull): return (parts, isNull)
    case .number(_, let isNull?) where builder.program[isNull].operation == .bitConstant(true):
      return ([], isNull)
    default: throw ParleyError(.invariant, "something else stands where a text was bound")
    }
  }

  /// The bit "is NULL"; nil where that cannot be.
  mutating func nullBit(_ value: RelationValue) throws(ParleyError) -> Program.NodeID? {
    switch value {
    case .number(_, let isNull), .text(_, let isNull): isNull
    case .condition(let certain, let possible):
      certain == possible ? nil : try builder.xor(certain, possible)
    }
  }
  /// NULL where either is.
  mutating func either(
    _ a: Program.NodeID?, _ b: Program.NodeID?
  ) throws(ParleyError) -> Program.NodeID? {
    guard let a, let b else { return a ?? b }
    return try builder.or(a, b)
  }

  // MARK: Cases

  private mutating func build(_ expression: Expression) throws(ParleyError) -> RelationValue {
    if case .table(let shared) = rows, expression.isHeld { return try held(expression, of: shared) }
    switch expression {
    case .column(let id): return try column(id)
    case .integer(let value): return .number(builder.constant(value), isNull: nil)
    case .boolean(let value):
      let bit = builder.constant(value)
      return .condition(certain: bit, possible: bit)
    case .text(let text): return .text(Self.parts(of: text.value).map { builder.constant($0) }, isNull: nil)
    case .null(let type):
      switch type {
      case .boolean: return .condition(certain: builder.constant(false), possible: builder.constant(true))
      case .string, .text: return .text([], isNull: builder.constant(true))
      default: return .number(builder.constant(0), isNull: builder.constant(true))
      }
    case .add(let a, let b):
      let x = try number(a), y = try number(b)
      return .number(try builder.add(x.value, y.value), isNull: try either(x.isNull, y.isNull))
    case .subtract(let a, let b):
      let x = try number(a), y = try number(b)
      return .number(try builder.subtract(x.value, y.value), isNull: try either(x.isNull, y.isNull))
    case .multiply(let a, let b):
      let x = try number(a), y = try number(b)
      return .number(try builder.multiply(x.value, y.value), isNull: try either(x.isNull, y.isNull))
    case .scaled(let a, let factor):
      let x = try number(a)
      return .number(try builder.scale(x.value, by: factor), isNull: x.isNull)
    case .truncated(let a, let divisor):
      let x = try number(a)
      return .number(
        try quotient(x.value, builder.constant(divisor), factor: 1, isRounded: false), isNull: x.isNull)
    case .integerQuotient(let a, let b): return try divided(a, b, factor: 1, isRounded: false)
    case .ratio(let a, let b, let places):
      return try divided(a, b, factor: BigInt(10).power(places), isRounded: true)
    case .compare(let kind, let a, let b):
      let x = try number(a), y = try number(b)
      return try known(try builder.compare(kind, x.value, y.value), unless: try either(x.isNull, y.isNull))
    case .compareText(let kind, let a, let b):
      let x = try text(a), y = try text(b)
      return try known(try compared(kind, x.parts, y.parts), unless: try either(x.isNull, y.isNull))
    case .equivalent(let a, let b): return try equivalence(a, b)
    case .like, .substring, .changed, .joined, .shown, .textLength, .textHolds:
      guard case .relation(_, let source) = rows else {
        throw ParleyError(.invariant, "a text was taken for something that is computed group by group")
      }
      throw source.error(
        "sql/text-place",
        "texts are taken apart, changed and joined by the holder of a row, and this one is made of several tables, or of groups",
        at: SourceRange(start: 0, end: 0),
        remedy:
          "compute it from columns of one table, in a subquery below the join or grouping: FROM (SELECT UPPER(name) AS x, … FROM t) AS q; what is computed from a group key may be a group key too. The text of a statistic stays as it is: take the statistic of the changed text, as in MAX(UPPER(name)), where that is meant"
      )
    case .extreme(let parts, let isGreatest): return try extreme(parts, isGreatest: isGreatest)
    case .squareRoot(let a, let scale): return try root(a, scale: scale)
    case .floored(let a, let divisor):
      let x = try number(a)
      return .number(try builder.floored(x.value, by: divisor), isNull: x.isNull)
    case .remainder(let a, let divisor):
      let x = try number(a)
      return .number(try builder.remainder(x.value, by: divisor), isNull: x.isNull)
    case .calendar(let function, let a):
      let x = try number(a)
      return .number(try builder.calendar(function, x.value), isNull: x.isNull)
    case .not(let a):
      let x = try condition(a)
      return .condition(certain: try builder.not(x.possible), possible: try builder.not(x.certain))
    case .and(let a, let b):
      let x = try condition(a), y = try condition(b)
      return .condition(
        certain: try builder.and(x.certain, y.certain), possible: try builder.and(x.possible, y.possible))
    case .or(let a, let b):
      let x = try condition(a), y = try condition(b)
      return .condition(
        certain: try builder.or(x.certain, y.certain), possible: try builder.or(x.possible, y.possible))
    case .isNull(let a):
      let inner = try lower(a)
      let bit = try nullBit(inner) ?? builder.constant(false)
      return .condition(certain: bit, possible: bit)
    case .choose(let branches, let otherwise):
      var result = try lower(otherwise)
      for branch in branches.reversed() {
        result = try select(try condition(branch.condition).certain, try lower(branch.result), result)
      }
      return result
    case .coalesce(let parts): return try coalesce(parts)
    case .subquery: throw ParleyError(.invariant, "a subquery was not made a join")
    }
  }

  private mutating func column(_ id: ColumnID) throws(ParleyError) -> RelationValue {
    let relation: Relation
    switch rows {
    case .relation(let own, _): relation = own
    case .table(let shared):
      let (value, isNull) = shared.column(id, &builder)
      return builder.type(of: value).isBit ? try known(value, unless: isNull) : .number(value, isNull: isNull)
    }
    guard let position = relation.position(id) else {
      throw ParleyError(.invariant, "column \(id.rawValue) is not there where it is read")
    }
    let column = relation.table.columns[position]
    switch column.type {
    case .boolean: return try known(column.parts[0], unless: column.isNull)
    case .text: return .text(column.parts, isNull: column.isNull)
    default: return .number(column.parts[0], isNull: column.isNull)
    }
  }

  /// A bit that says nothing where `isNull`.
  private mutating func known(
    _ bit: Program.NodeID, unless isNull: Program.NodeID?
  ) throws(ParleyError) -> RelationValue {
    guard let isNull else { return .condition(certain: bit, possible: bit) }
    return .condition(
      certain: try builder.and(bit, try builder.not(isNull)), possible: try builder.or(bit, isNull))
  }

  private mutating func equivalence(_ a: Expression, _ b: Expression) throws(ParleyError) -> RelationValue {
    let x = try condition(a), y = try condition(b)
    let isNull = try either(
      try nullBit(.condition(certain: x.certain, possible: x.possible)),
      try nullBit(.condition(certain: y.certain, possible: y.possible)))
    return try known(try builder.not(try builder.xor(x.certain, y.certain)), unless: isNull)
  }

  private mutating func coalesce(_ parts: [Expression]) throws(ParleyError) -> RelationValue {
    var result = try lower(parts[parts.count - 1])
    for part in parts.dropLast().reversed() {
      let value = try lower(part)
      guard let isNull = try nullBit(value) else {
        result = value
        continue
      }
      result = try select(isNull, result, value)
    }
    return result
  }

  private mutating func select(
    _ bit: Program.NodeID, _ a: RelationValue, _ b: RelationValue
  ) throws(ParleyError) -> RelationValue {
    func nulls(_ x: Program.NodeID?, _ y: Program.NodeID?, _ builder: inout ProgramBuilder) throws(ParleyError)
      -> Program.NodeID?
    {
      if x == nil, y == nil { return nil }
      let never = builder.constant(false)
      return try builder.select(bit, x ?? never, y ?? never)
    }
    switch (a, b) {
    case (.number(let x, let xNull), .number(let y, let yNull)):
      return .number(try builder.select(bit, x, y), isNull: try nulls(xNull, yNull, &builder))
    case (.condition(let x, let xPossible), .condition(let y, let yPossible)):
      return .condition(
        certain: try builder.select(bit, x, y), possible: try builder.select(bit, xPossible, yPossible))
    case (.text(let x, let xNull), .text(let y, let yNull)):
      var parts: [Program.NodeID] = []
      for index in 0..<max(x.count, y.count) {
        let zero = builder.constant(0)
        parts.append(
          try builder.select(bit, index < x.count ? x[index] : zero, index < y.count ? y[index] : zero))
      }
      return .text(parts, isNull: try nulls(xNull, yNull, &builder))
    default: throw ParleyError(.invariant, "the branches of a choice were bound to different types")
    }
  }

  // MARK: Texts

  static func parts(of text: String) -> [BigInt] {
    (0..<TextParts.count(bytes: text.utf8.count)).map { BigInt(TextParts.value(text, index: $0)) }
  }

  private mutating func compared(
    _ kind: Program.Comparison, _ a: [Program.NodeID], _ b: [Program.NodeID]
  ) throws(ParleyError) -> Program.NodeID {
    let zero = builder.constant(0)
    var result = builder.constant(kind != .less)
    for index in (0..<max(a.count, b.count)).reversed() {
      let x = index < a.count ? a[index] : zero, y = index < b.count ? b[index] : zero
      let isEqual = try builder.and(try builder.compare(.equal, x, y), result)
      result = kind == .equal ? isEqual : try builder.or(try builder.compare(.less, x, y), isEqual)
    }
    return result
  }

  // MARK: Division

  private mutating func magnitude(_ a: Program.NodeID) throws(ParleyError) -> Program.NodeID {
    let range = builder.type(of: a).range
    if range.lower >= 0 { return a }
    let opposite = try builder.negate(a)
    if range.upper <= 0 { return opposite }
    return try builder.add(try builder.atLeast(a, 0), try builder.atLeast(opposite, 0))
  }

  /// a · factor / b for b ≠ 0: towards zero, or to the nearest integer with halves away from zero.
  private mutating func quotient(
    _ a: Program.NodeID, _ b: Program.NodeID, factor: BigInt, isRounded: Bool
  ) throws(ParleyError) -> Program.NodeID {
    let zero = builder.constant(0)
    var dividend = try builder.scale(try magnitude(a), by: factor)
    var divisor = try builder.atLeast(try magnitude(b), 1)
    if isRounded {
      dividend = try builder.add(try builder.scale(dividend, by: 2), divisor)
      divisor = try builder.scale(divisor, by: 2)
    }
    let quotient = try builder.quotient(dividend, divisor)
    let isNegative = try builder.xor(try builder.compare(.less, a, zero), try builder.compare(.less, b, zero))
    return try builder.select(isNegative, try builder.negate(quotient), quotient)
  }

  private mutating func divided(
    _ a: Expression, _ b: Expression, factor: BigInt, isRounded: Bool
  ) throws(ParleyError) -> RelationValue {
    let x = try number(a), y = try number(b)
    let isZero = try builder.compare(.equal, y.value, builder.constant(0))
    var isNull = try either(x.isNull, y.isNull)
    if builder.program[isZero].operation != .bitConstant(false) { isNull = try either(isNull, isZero) }
    return .number(try quotient(x.value, y.value, factor: factor, isRounded: isRounded), isNull: isNull)
  }

  // MARK: Extremes and roots

  private mutating func extreme(_ parts: [Expression], isGreatest: Bool) throws(ParleyError) -> RelationValue {
    var best = try number(parts[0])
    for part in parts.dropFirst() {
      let next = try number(part)
      let (low, high) = isGreatest ? (best.value, next.value) : (next.value, best.value)
      // The next one is taken where it is better or nothing is there yet, unless it is NULL.
      var isBetter = try builder.compare(.less, low, high)
      if let none = best.isNull { isBetter = try builder.or(isBetter, none) }
      if let none = next.isNull { isBetter = try builder.and(isBetter, try builder.not(none)) }
      if best.isNull == nil, next.isNull == nil {
        best.value = try builder.select(
          isBetter, next.value, best.value,
          within: extremes(of: best.value, and: next.value, isGreatest: isGreatest))
      } else {
        best.value = try builder.select(isBetter, next.value, best.value)
      }
      if let x = best.isNull, let y = next.isNull {
        best.isNull = try builder.and(x, y)
      } else {
        best.isNull = nil
      }
    }
    return .number(best.value, isNull: best.isNull)
  }

  /// Between which numbers the greater of two is that are both there, or the lesser.
  private func extremes(of a: Program.NodeID, and b: Program.NodeID, isGreatest: Bool) -> Interval {
    let (x, y) = (builder.type(of: a).range, builder.type(of: b).range)
    return isGreatest
      ? Interval(max(x.lower, y.lower), max(x.upper, y.upper))
      : Interval(min(x.lower, y.lower), min(x.upper, y.upper))
  }

  /// isqrt(⌊4 · 10^12 · a / 10^scale⌋), halved upwards: the nearest sixth decimal.
  private mutating func root(_ a: Expression, scale: Int) throws(ParleyError) -> RelationValue {
    let x = try number(a)
    let places = 2 * ExpressionBinder.places
    var value = try builder.scale(
      try builder.atLeast(x.value, 0), by: 4 * powerOfTen(max(0, places - scale)))
    if scale > places { value = try builder.quotient(value, builder.constant(powerOfTen(scale - places))) }
    let root = try builder.truncate(
      try builder.add(try builder.squareRoot(value), builder.constant(1)), bits: 1)
    let isNegative = try builder.compare(.less, x.value, builder.constant(0))
    return .number(root, isNull: try either(x.isNull, isNegative))
  }
}
