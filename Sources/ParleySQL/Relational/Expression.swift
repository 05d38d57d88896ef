import BigInt
import ParleyProgram

/// A column of some operator of a plan; no two operators make the same one.
struct ColumnID: Hashable, Sendable, Comparable {
  let rawValue: Int
  static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// An expression of a relational query with names resolved and types aligned, free of source positions.
///
/// Numbers are scaled integers; both sides of sums and comparisons have one scale. Categories are positions in the
/// list of their type, and both sides of comparisons have one list.
indirect enum Expression: Hashable, Sendable {
  case column(ColumnID)
  case integer(BigInt)
  case boolean(Bool)
  case text(ExactText)
  case null(SQLType)
  case add(Expression, Expression)
  case subtract(Expression, Expression)
  case multiply(Expression, Expression)
  case scaled(Expression, by: BigInt)
  /// Division by a positive constant, towards zero.
  case truncated(Expression, by: BigInt)
  /// Towards zero; NULL where the divisor is 0.
  case integerQuotient(Expression, Expression)
  /// a · 10^places / b to the nearest integer; NULL where b is 0.
  case ratio(Expression, Expression, places: Int)
  case compare(Program.Comparison, Expression, Expression)
  /// Bytewise.
  case compareText(Program.Comparison, Expression, Expression)
  /// Equality of conditions.
  case equivalent(Expression, Expression)
  case like(Expression, pattern: ExactText, escape: Character?)
  /// Characters from a position that begins at 1.
  case substring(Expression, from: Int, length: Int?)
  case changed(Expression, TextFunction)
  /// Texts one after the other.
  case joined([Expression])
  /// A number, date or condition as the text that results show.
  case shown(Expression, Program.ResultTable.Format)
  /// Characters of a text.
  case textLength(Expression)
  /// Whether a text has another one in it.
  case textHolds(Expression, Expression, TextPlace)
  /// The greatest or least of those that are not NULL.
  case extreme([Expression], isGreatest: Bool)
  /// Of a number with so many decimals, to the nearest sixth decimal; NULL below 0.
  case squareRoot(Expression, scale: Int)
  /// Division by a positive constant, downwards, and what it leaves.
  case floored(Expression, by: BigInt)
  case remainder(Expression, by: BigInt)
  /// Of days since 1970-01-01, or of a month count.
  case calendar(CalendarFunction, Expression)
  case not(Expression)
  case and(Expression, Expression)
  case or(Expression, Expression)
  case isNull(Expression)
  /// CASE: the first branch whose condition is true.
  case choose([Branch], otherwise: Expression)
  case coalesce([Expression])
  /// Replaced by joins before anything is lowered.
  case subquery(Subquery)

  struct Branch: Hashable, Sendable {
    var condition: Expression
    var result: Expression
  }
}

/// A query inside an expression. Columns of its plan that no operator of the plan makes belong to the query around.
struct Subquery: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    case exists
    /// `operand IN (query)`, `(operand, …) IN (query)`.
    case oneOf([Member])
    case scalar
  }
  /// What is looked for in a column of a query; both are of one type.
  struct Member: Hashable, Sendable {
    var operand: Expression
    /// Over the columns of the query.
    var output: Expression
    var type: SQLType
  }
  var kind: Kind
  var plan: RelationalPlan
  /// The column that it selects as a value, over the columns of `plan`.
  var output: Expression
  var type: SQLType
  var range: SourceRange
}

extension Subquery {
  /// Of IN.
  var members: [Member] { if case .oneOf(let members) = kind { members } else { [] } }

  mutating func mapMembers(_ change: (inout Member) -> Void) {
    guard case .oneOf(var members) = kind else { return }
    for index in members.indices { change(&members[index]) }
    kind = .oneOf(members)
  }
}

extension Expression {
  static func all(_ parts: [Expression]) -> Expression { joined(parts[...], .boolean(true), Expression.and) }
  static func any(_ parts: [Expression]) -> Expression { joined(parts[...], .boolean(false), Expression.or) }
  /// A balanced tree, whose depth is rounds of the protocol.
  private static func joined(
    _ parts: ArraySlice<Expression>, _ none: Expression, _ make: (Expression, Expression) -> Expression
  ) -> Expression {
    guard let first = parts.first else { return none }
    guard parts.count > 1 else { return first }
    let middle = parts.startIndex + (parts.count + 1) / 2
    return make(joined(parts[..<middle], none, make), joined(parts[middle...], none, make))
  }

  /// Operands of the outermost ANDs.
  var conjuncts: [Expression] {
    if case .and(let a, let b) = self { a.conjuncts + b.conjuncts } else { [self] }
  }
  var disjuncts: [Expression] {
    if case .or(let a, let b) = self { a.disjuncts + b.disjuncts } else { [self] }
  }

  var children: [Expression] {
    switch self {
    case .column, .integer, .boolean, .text, .null: []
    case .add(let a, let b), .subtract(let a, let b), .multiply(let a, let b), .integerQuotient(let a, let b),
      .ratio(let a, let b, _), .compare(_, let a, let b), .compareText(_, let a, let b), .equivalent(let a, let b),
      .and(let a, let b), .or(let a, let b), .textHolds(let a, let b, _):
      [a, b]
    case .scaled(let a, _), .truncated(let a, _), .like(let a, _, _), .substring(let a, _, _), .floored(let a, _),
      .remainder(let a, _), .calendar(_, let a), .not(let a), .isNull(let a), .squareRoot(let a, _),
      .changed(let a, _), .shown(let a, _), .textLength(let a):
      [a]
    case .extreme(let parts, _), .joined(let parts): parts
    case .choose(let branches, let otherwise): branches.flatMap { [$0.condition, $0.result] } + [otherwise]
    case .coalesce(let parts): parts
    case .subquery(let subquery):
      subquery.members.map(\.operand)
    }
  }

  /// The same expression over other operands; plans of subqueries as they are.
  func mapChildren(_ map: (Expression) -> Expression) -> Expression {
    switch self {
    case .column, .integer, .boolean, .text, .null: return self
    case .add(let a, let b): return .add(map(a), map(b))
    case .subtract(let a, let b): return .subtract(map(a), map(b))
    case .multiply(let a, let b): return .multiply(map(a), map(b))
    case .scaled(let a, let factor): return .scaled(map(a), by: factor)
    case .truncated(let a, let divisor): return .truncated(map(a), by: divisor)
    case .integerQuotient(let a, let b): return .integerQuotient(map(a), map(b))
    case .ratio(let a, let b, let places): return .ratio(map(a), map(b), places: places)
    case .compare(let comparison, let a, let b): return .compare(comparison, map(a), map(b))
    case .compareText(let comparison, let a, let b): return .compareText(comparison, map(a), map(b))
    case .equivalent(let a, let b): return .equivalent(map(a), map(b))
    case .like(let a, let pattern, let escape): return .like(map(a), pattern: pattern, escape: escape)
    case .substring(let a, let from, let length): return .substring(map(a), from: from, length: length)
    case .floored(let a, let divisor): return .floored(map(a), by: divisor)
    case .remainder(let a, let divisor): return .remainder(map(a), by: divisor)
    case .calendar(let function, let a): return .calendar(function, map(a))
    case .changed(let a, let function): return .changed(map(a), function)
    case .joined(let parts): return .joined(parts.map(map))
    case .shown(let a, let format): return .shown(map(a), format)
    case .textLength(let a): return .textLength(map(a))
    case .textHolds(let a, let b, let place): return .textHolds(map(a), map(b), place)
    case .extreme(let parts, let isGreatest): return .extreme(parts.map(map), isGreatest: isGreatest)
    case .squareRoot(let a, let scale): return .squareRoot(map(a), scale: scale)
    case .not(let a): return .not(map(a))
    case .and(let a, let b): return .and(map(a), map(b))
    case .or(let a, let b): return .or(map(a), map(b))
    case .isNull(let a): return .isNull(map(a))
    case .choose(let branches, let otherwise):
      return .choose(
        branches.map { Branch(condition: map($0.condition), result: map($0.result)) }, otherwise: map(otherwise))
    case .coalesce(let parts): return .coalesce(parts.map(map))
    case .subquery(var subquery):
      subquery.mapMembers { $0.operand = map($0.operand) }
      return .subquery(subquery)
    }
  }

  /// Top-down: where `replacement` gives an expression it stands instead, also inside subqueries' plans.
  func replacing(_ replacement: (Expression) -> Expression?) -> Expression {
    if let new = replacement(self) { return new }
    let mapped = mapChildren { $0.replacing(replacement) }
    guard case .subquery(var subquery) = mapped else { return mapped }
    subquery.plan = subquery.plan.mapExpressions { $0.replacing(replacement) }
    subquery.output = subquery.output.replacing(replacement)
    subquery.mapMembers { $0.output = $0.output.replacing(replacement) }
    return .subquery(subquery)
  }

  /// Columns that it reads, those that subqueries take from outside included.
  var columns: Set<ColumnID> {
    switch self {
    case .column(let id): return [id]
    case .subquery(let subquery):
      var found = subquery.plan.freeColumns
      let own = subquery.plan.columnSet
      found.formUnion(subquery.output.columns.subtracting(own))
      for member in subquery.members {
        found.formUnion(member.operand.columns)
        found.formUnion(member.output.columns.subtracting(own))
      }
      return found
    default: return children.reduce(into: []) { $0.formUnion($1.columns) }
    }
  }

  var containsSubquery: Bool {
    if case .subquery = self { true } else { children.contains(where: \.containsSubquery) }
  }

  /// The column itself, or a constant multiple of it, which tells values apart just as well.
  var injectiveColumn: ColumnID? {
    switch self {
    case .column(let id): id
    case .scaled(let inner, let factor) where factor != 0: inner.injectiveColumn
    default: nil
    }
  }

  /// Whether it is NULL wherever all columns in it are.
  var isNullOfNulls: Bool {
    switch self {
    case .column, .null: true
    case .integer, .boolean, .text, .isNull, .subquery: false
    case .add(let a, let b), .subtract(let a, let b), .multiply(let a, let b), .integerQuotient(let a, let b),
      .ratio(let a, let b, _), .compare(_, let a, let b), .compareText(_, let a, let b), .equivalent(let a, let b),
      .textHolds(let a, let b, _):
      a.isNullOfNulls || b.isNullOfNulls
    case .joined(let parts): parts.contains(where: \.isNullOfNulls)
    case .and(let a, let b), .or(let a, let b): a.isNullOfNulls && b.isNullOfNulls
    case .scaled(let a, _), .truncated(let a, _), .like(let a, _, _), .substring(let a, _, _), .floored(let a, _),
      .remainder(let a, _), .calendar(_, let a), .not(let a), .squareRoot(let a, _), .changed(let a, _),
      .shown(let a, _), .textLength(let a):
      a.isNullOfNulls
    case .choose(let branches, let otherwise):
      otherwise.isNullOfNulls && branches.allSatisfy { $0.condition.isNullOfNulls }
    case .coalesce(let parts), .extreme(let parts, _): parts.allSatisfy(\.isNullOfNulls)
    }
  }
}
