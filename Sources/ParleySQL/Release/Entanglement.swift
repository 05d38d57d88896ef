import BigInt
import ParleyProgram

/// What ranges of values do not say: steps that pick rows, and comparisons that tie columns together (`docs/proofs/suppression.md`, Steps and
/// Entangled columns).
extension Expression {
  /// A division, rounding or part of one column, with no more added to it than rounding does; or a quotient of columns and products of
  /// them.
  var isPlainStep: Bool {
    switch self {
    case .truncated(let a, let divisor), .floored(let a, let divisor):
      switch a {
      case .add(let inner, .integer(let k)), .add(.integer(let k), let inner),
        .subtract(let inner, .integer(let k)):
        return inner.isScaledColumn && k.magnitude < divisor.magnitude
      default: return a.isScaledColumn
      }
    case .remainder(let a, _), .squareRoot(let a, _), .calendar(_, let a): return a.isScaledColumn
    case .integerQuotient(let a, let b), .ratio(let a, let b, _):
      guard let y = b.monomialColumns else { return false }
      var dividend = a
      // What rounding adds is a part of the divisor.
      if case .add(let inner, let half) = a, let own = half.monomialColumns, own.sorted() == y.sorted() {
        dividend = inner
      }
      guard let x = dividend.monomialColumns, !x.isEmpty else { return false }
      // What stands on both sides of a quotient is a condition: x · y / x is y where x is not 0.
      return Set(x + y).count <= 3 && Set(x + y).count == x.count + y.count
    case .textLength(.column): return true
    default: return false
    }
  }
  var isScaledColumn: Bool {
    switch self {
    case .column: true
    case .scaled(let a, _): a.isScaledColumn
    default: false
    }
  }
  /// Of a product of columns and constants, the columns; nil for anything else.
  private var monomialColumns: [ColumnID]? {
    switch self {
    case .column(let id): return [id]
    case .integer: return []
    case .scaled(let a, _): return a.monomialColumns
    case .multiply(let a, let b):
      guard let x = a.monomialColumns, let y = b.monomialColumns else { return nil }
      return x + y
    default: return nil
    }
  }

  /// Columns of which a condition says more, somewhere in it, than the ranges say that are read off it. Only forms of which a range says
  /// all are none: comparisons of one column with constants, of sums with constants, multiples and quotients by constants
  /// of it, of choices between these, and what AND, OR, NOT, CASE and equality make of such; of texts, which have no
  /// ranges, any comparison of one column with constants.
  var entangledColumns: Set<ColumnID> {
    switch self {
    case .boolean, .null, .column: return []
    case .and(let a, let b), .or(let a, let b): return a.entangledColumns.union(b.entangledColumns)
    case .not(let a): return a.entangledColumns
    case .coalesce(let parts) where parts.count == 2 && parts[1] == .boolean(false):
      return parts[0].entangledColumns
    case .choose(let branches, let otherwise):
      return branches.reduce(into: otherwise.entangledColumns) {
        $0.formUnion($1.condition.entangledColumns)
        $0.formUnion($1.result.entangledColumns)
      }
    case .compare(_, let a, .integer), .compare(_, .integer, let a): return a.isRangeForm ? [] : columns
    case .compareText(_, let a, .text), .compareText(_, .text, let a), .like(let a, _, _),
      .textHolds(let a, .text, _):
      return a.isTextOfOneColumn ? [] : columns
    case .equivalent(let a, let b):
      let columns = self.columns
      return columns.count < 2 ? a.entangledColumns.union(b.entangledColumns) : columns
    case .isNull(let a): return a.columnsOfUnknownNulls
    default: return columns
    }
  }
  /// Bounds of it are bounds of its column, also where it is a choice.
  private var isRangeForm: Bool {
    switch self {
    case .integer, .null: return true
    case .choose(let branches, let otherwise):
      return columns.count < 2 && otherwise.isRangeForm
        && branches.allSatisfy { $0.result.isRangeForm && $0.condition.entangledColumns.isEmpty }
    case .column: return true
    case .scaled(let a, let factor): return factor != 0 && a.isRangeForm
    case .truncated(let a, _), .floored(let a, _): return a.isRangeForm
    case .add(let a, .integer), .add(.integer, let a), .subtract(let a, .integer), .subtract(.integer, let a):
      return a.isRangeForm
    default: return false
    }
  }
  /// The text of a number or date is in it.
  var showsNumbers: Bool { if case .shown = self { true } else { children.contains(where: \.showsNumbers) } }
  /// A text column, or what functions of texts make of it.
  private var isTextOfOneColumn: Bool {
    switch self {
    case .column: true
    case .changed(let a, _), .substring(let a, _, _): a.isTextOfOneColumn
    default: false
    }
  }
  /// Columns of which it says more, being NULL, than that they are missing or what conditions of CASE say.
  private var columnsOfUnknownNulls: Set<ColumnID> {
    switch self {
    case .column, .integer, .boolean, .text, .null: return []
    case .add, .subtract, .multiply, .scaled, .truncated, .floored, .not, .compareText, .compare:
      return children.reduce(into: []) { $0.formUnion($1.columnsOfUnknownNulls) }
    case .choose(let branches, let otherwise):
      return branches.reduce(into: otherwise.columnsOfUnknownNulls) {
        $0.formUnion($1.condition.entangledColumns)
        $0.formUnion($1.result.columnsOfUnknownNulls)
      }
    default: return columns
    }
  }

  /// Choices inside of sums with constants, multiples and roundings, as choices of these.
  var liftingChoices: Expression {
    func over(_ inner: Expression, _ make: @escaping (Expression) -> Expression) -> Expression {
      guard case .choose(let branches, let otherwise) = inner.liftingChoices else {
        return make(inner)
      }
      return .choose(
        branches.map { .init(condition: $0.condition, result: make($0.result).liftingChoices) },
        otherwise: make(otherwise).liftingChoices)
    }
    switch self {
    case .scaled(let a, let factor): return over(a) { .scaled($0, by: factor) }
    case .truncated(let a, let divisor): return over(a) { .truncated($0, by: divisor) }
    case .floored(let a, let divisor): return over(a) { .floored($0, by: divisor) }
    case .add(let a, .integer(let k)), .add(.integer(let k), let a): return over(a) { .add($0, .integer(k)) }
    case .subtract(let a, .integer(let k)): return over(a) { .subtract($0, .integer(k)) }
    case .subtract(.integer(let k), let a): return over(a) { .subtract(.integer(k), $0) }
    default: return self
    }
  }
}

extension Sequence<Expression> {
  var entangledColumns: Set<ColumnID> {
    reduce(into: []) { $0.formUnion($1.simplified.entangledColumns) }
  }
}
