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
      return Set(x + y).count <= 3
    default: return columns.count == 1
    }
  }
  private var isScaledColumn: Bool {
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

  /// Columns of comparisons, somewhere in a condition, that are not of one column with constants: a range of values that is left does not
  /// say all that the condition does.
  var entangledColumns: Set<ColumnID> {
    switch self {
    case .and(let a, let b), .or(let a, let b): return a.entangledColumns.union(b.entangledColumns)
    case .not(let a): return a.entangledColumns
    case .coalesce(let parts): return parts.reduce(into: []) { $0.formUnion($1.entangledColumns) }
    case .choose(let branches, let otherwise):
      return branches.reduce(into: otherwise.entangledColumns) {
        $0.formUnion($1.condition.entangledColumns)
        $0.formUnion($1.result.entangledColumns)
      }
    case .compare(_, let a, let b):
      let columns = self.columns
      return columns.count < 2 && a.isRangeForm && b.isRangeForm ? [] : columns
    case .equivalent: return columns.count < 2 ? [] : columns
    default: return []
    }
  }
  /// Bounds of it are bounds of its column.
  private var isRangeForm: Bool {
    switch self {
    case .column, .integer, .boolean, .null, .text: return true
    case .scaled(let a, _), .truncated(let a, _), .floored(let a, _): return a.isRangeForm
    case .add(let a, .integer), .add(.integer, let a), .subtract(let a, .integer), .subtract(.integer, let a):
      return a.isRangeForm
    case .choose(let branches, let otherwise):
      return otherwise.isRangeForm
        && branches.allSatisfy { $0.result.isRangeForm && $0.condition.entangledColumns.isEmpty }
    default: return columns.isEmpty
    }
  }
}
