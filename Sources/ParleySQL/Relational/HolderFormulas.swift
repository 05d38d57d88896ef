import BigInt
import ParleyBase
import ParleyProgram

/// Expressions over the columns of one table as formulas that its holders compute; nil where they cannot.
struct HolderFormulas {
  let registry: ColumnRegistry

  func formula(_ expression: Expression) -> HolderFormula? {
    func each(_ parts: [Expression]) -> [HolderFormula]? {
      let found = parts.compactMap(formula)
      return found.count == parts.count ? found : nil
    }
    func pair(_ a: Expression, _ b: Expression, _ make: (HolderFormula, HolderFormula) -> HolderFormula)
      -> HolderFormula?
    {
      guard let x = formula(a), let y = formula(b) else { return nil }
      return make(x, y)
    }
    switch expression {
    case .column(let id):
      if case .string = registry[id].type { return nil }
      return .column(registry[id].name)
    case .integer(let value): return .constant(value)
    case .boolean(let value): return .bit(value)
    case .null: return .null
    case .add(let a, let b): return pair(a, b, HolderFormula.add)
    case .subtract(let a, let b): return pair(a, b, HolderFormula.subtract)
    case .multiply(let a, let b): return pair(a, b, HolderFormula.multiply)
    case .scaled(let a, let factor): return formula(a).map { .scale($0, by: factor) }
    case .truncated(let a, let divisor): return formula(a).map { .truncatedQuotient($0, by: divisor) }
    case .compare(let comparison, let a, let b): return pair(a, b) { .compare(comparison, $0, $1) }
    case .equivalent(let a, let b): return pair(a, b) { .compare(.equal, $0, $1) }
    case .compareText(let comparison, let a, let b):
      guard let x = text(a), let y = text(b) else { return nil }
      return .textCompare(comparison, x, y)
    case .textLength(let a): return text(a).map { .textLength($0) }
    case .textHolds(let a, let b, let place):
      guard let x = text(a), let y = text(b) else { return nil }
      return .textHolds(x, y, place)
    case .like(let a, let pattern, let escape):
      return text(a).map { .like($0, pattern: pattern.value, escape: escape) }
    case .floored(let a, let divisor): return formula(a).map { .floorQuotient($0, by: divisor) }
    case .remainder(let a, let divisor): return formula(a).map { .floorRemainder($0, by: divisor) }
    case .calendar(let function, let a): return formula(a).map { .calendar(function, $0) }
    case .not(let a): return formula(a).map { .not($0) }
    case .and(let a, let b): return pair(a, b, HolderFormula.and)
    case .or(let a, let b): return pair(a, b, HolderFormula.or)
    case .isNull(let a): return text(a).map { .textIsNull($0) } ?? formula(a).map { .isNull($0) }
    case .choose(let branches, let otherwise):
      guard let conditions = each(branches.map(\.condition)), let values = each(branches.map(\.result)),
        let last = formula(otherwise)
      else { return nil }
      return .choose(zip(conditions, values).map { .init(condition: $0, value: $1) }, otherwise: last)
    case .coalesce(let parts): return each(parts).map { .coalesce($0) }
    case .extreme(let parts, let isGreatest): return each(parts).map { Self.extreme($0, isGreatest: isGreatest) }
    case .text, .substring, .changed, .joined, .shown, .ratio, .integerQuotient, .squareRoot, .subquery: return nil
    }
  }

  /// The value that no other one exceeds: with n of them n² comparisons, where choices inside each other would be 2^n.
  private static func extreme(_ values: [HolderFormula], isGreatest: Bool) -> HolderFormula {
    let branches = values.indices.map { index in
      let value = values[index]
      let others = values.indices.filter { $0 != index }.map { other in
        let (low, high) = isGreatest ? (values[other], value) : (value, values[other])
        return HolderFormula.or(.isNull(values[other]), .compare(.lessOrEqual, low, high))
      }
      return HolderFormula.Branch(
        condition: others.reduce(.not(.isNull(value))) { .and($0, $1) }, value: value)
    }
    return .choose(branches, otherwise: .null)
  }

  func text(_ expression: Expression) -> HolderText? {
    switch expression {
    case .column(let id):
      if case .string = registry[id].type { return .column(registry[id].name) }
      return nil
    case .text(let text): return .literal(text.value)
    case .substring(let inner, let from, let length):
      return text(inner).map { .substring($0, from: from, length: length) }
    case .null(.string), .null(.text): return .null
    case .changed(let inner, let function): return text(inner).map { .changed($0, function) }
    case .joined(let parts): return texts(parts).map { .joined($0) }
    case .shown(let inner, let format): return formula(inner).map { .shown($0, format) }
    case .coalesce(let parts): return texts(parts).map { .coalesce($0) }
    case .choose(let branches, let otherwise):
      if let column = categoryColumn(branches, otherwise) { return .column(column) }
      let conditions = branches.compactMap { formula($0.condition) }
      guard conditions.count == branches.count, let values = texts(branches.map(\.result)),
        let last = text(otherwise)
      else { return nil }
      return .choose(zip(conditions, values).map { .init(condition: $0, text: $1) }, otherwise: last)
    default: return nil
    }
  }

  private func texts(_ parts: [Expression]) -> [HolderText]? {
    let found = parts.compactMap(text)
    return found.count == parts.count ? found : nil
  }

  /// The category whose values, in their order, are the results: its own texts.
  private func categoryColumn(_ branches: [Expression.Branch], _ otherwise: Expression) -> String? {
    var branches = branches[...]
    if case .isNull? = branches.first?.condition, case .null? = branches.first?.result { branches.removeFirst() }
    guard case .compare(.equal, .column(let id), _)? = branches.first?.condition,
      case .category(let list) = registry[id].type, registry[id].scan != nil, registry[id].formula == nil,
      list.values.map(Expression.text) == branches.map(\.result) + [otherwise]
    else { return nil }
    let areInOrder = branches.enumerated().allSatisfy { index, branch in
      branch.condition == .compare(.equal, .column(id), .integer(BigInt(index)))
    }
    return areInOrder ? registry[id].name : nil
  }

  /// What holders share of an expression over the columns of their table.
  enum Shared {
    case text(HolderText)
    case value(HolderFormula, Program.Sort, isNullable: Bool)
  }
  /// Integers that holders share have at most so many bits.
  private static let widest = 62

  /// Nil where the computation has to do it.
  func shared(_ expression: Expression, of table: TableSchema) throws(ParleyError) -> Shared? {
    if let text = text(expression) { return .text(text) }
    guard let formula = formula(expression) else { return nil }
    let facts = try formula.facts(in: table)
    guard let sort = facts.sort, facts.range.signedWidth <= Self.widest else { return nil }
    return .value(formula, sort, isNullable: facts.isNullable)
  }

  /// A number, a condition or a text that the holder can compute.
  func isComputable(_ expression: Expression) -> Bool { formula(expression) != nil || text(expression) != nil }
}
