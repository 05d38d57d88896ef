import BigInt
import ParleyProgram

/// What is added up, as far as a rule about sums looks into it: both kinds of expressions have it.
protocol SummedForm: Hashable {
  typealias Choice = (condition: Self, result: Self)
  var summedView: SummedView<Self> { get }
  static func number(_ value: BigInt) -> Self
  static func sum(_ a: Self, _ b: Self) -> Self
  static func product(_ a: Self, _ b: Self) -> Self
  static func multiple(_ a: Self, _ factor: BigInt) -> Self
  static func choice(_ branches: [Choice], otherwise: Self) -> Self
}

enum SummedView<Form: SummedForm> {
  case number(BigInt)
  case sum(Form, Form)
  case difference(Form, Form)
  case product(Form, Form)
  case multiple(Form, BigInt)
  case choice([Form.Choice], otherwise: Form)
  case nothing
  /// Computed from numbers in another way: a constant in these of at most `rounding` moves the result by one.
  case step([Form], rounding: BigInt)
  case other
}

/// A number times a product.
private struct SummedTerm<Form: SummedForm> {
  var number: BigInt
  var factors: [Form]

  static func * (a: Self, b: Self) -> Self { Self(number: a.number * b.number, factors: a.factors + b.factors) }
  /// The place of a factor that is a choice.
  var choice: Int? {
    factors.firstIndex { if case .choice = $0.summedView { true } else { false } }
  }
  var product: Form {
    guard let first = factors.first else { return .number(number) }
    let product = factors.dropFirst().reduce(first) { .product($0, $1) }
    return number == 1 ? product : .multiple(product, number)
  }
}

extension SummedForm {
  private var terms: [SummedTerm<Self>] {
    switch summedView {
    case .number(let value): return value == 0 ? [] : [SummedTerm(number: value, factors: [])]
    case .multiple(let a, let factor):
      return a.terms.map { SummedTerm(number: $0.number * factor, factors: $0.factors) }
    case .sum(let a, let b): return a.terms + b.terms
    case .difference(let a, let b): return a.terms + Self.multiple(b, -1).terms
    case .product(let a, let b):
      let (x, y) = (a.terms, b.terms)
      return x.flatMap { p in y.map { p * $0 } }
    case .choice, .nothing, .step, .other: return [SummedTerm(number: 1, factors: [self])]
    }
  }

  /// What rows differ in: the value without what is added to each of them, or to each that takes a branch.
  var withoutConstants: Self {
    let terms = self.terms
    guard terms.contains(where: { $0.factors.isEmpty || $0.choice != nil }) else { return self }
    let parts = terms.filter { !$0.factors.isEmpty }.map { term -> Self in
      guard let place = term.choice, case .choice(let branches, let otherwise) = term.factors[place].summedView
      else { return term.product }
      var others = term
      others.factors.remove(at: place)
      func times(_ result: Self) -> Self {
        if case .nothing = result.summedView { return result }
        if others.factors.isEmpty, others.number == 1 { return result.withoutConstants }
        return Self.product(others.product, result).withoutConstants
      }
      return .choice(branches.map { ($0.condition, times($0.result)) }, otherwise: times(otherwise))
    }
    guard let first = parts.first else { return .number(0) }
    return parts.dropFirst().reduce(first) { .sum($0, $1) }
  }

  /// The most that is added to all rows, or to all in a branch.
  private var addedConstant: BigInt {
    terms.reduce(0) { total, term in
      guard let place = term.choice, term.factors.count == 1 else {
        return total + (term.factors.isEmpty ? BigInt(term.number.magnitude) : 0)
      }
      guard case .choice(let branches, let otherwise) = term.factors[place].summedView else { return total }
      let most = branches.reduce(otherwise.addedConstant) { max($0, $1.result.addedConstant) }
      return total + BigInt(term.number.magnitude) * most
    }
  }

  /// What is added to everybody stands where it cannot be taken off: under a division, a rounding or a root, or among the values of
  /// GREATEST and LEAST.
  var hidesConstants: Bool {
    switch summedView {
    case .number, .nothing, .other: false
    case .sum(let a, let b), .difference(let a, let b), .product(let a, let b):
      a.hidesConstants || b.hidesConstants
    case .multiple(let a, _): a.hidesConstants
    case .choice(let branches, let otherwise):
      otherwise.hidesConstants || branches.contains { $0.result.hidesConstants }
    case .step(let parts, let rounding): parts.contains { $0.hidesConstants || $0.addedConstant > rounding }
    }
  }

  /// It has no value but 0.
  var isNoValue: Bool {
    switch summedView {
    case .number(let value): value == 0
    case .nothing: true
    case .choice(let branches, let otherwise): otherwise.isNoValue && branches.allSatisfy { $0.result.isNoValue }
    default: false
    }
  }
}

extension Expression: SummedForm {
  var summedView: SummedView<Expression> {
    switch self {
    case .integer(let value): .number(value)
    case .scaled(let a, let factor): .multiple(a, factor)
    case .add(let a, let b): .sum(a, b)
    case .subtract(let a, let b): .difference(a, b)
    case .multiply(let a, let b): .product(a, b)
    case .choose(let branches, let otherwise):
      .choice(branches.map { ($0.condition, $0.result) }, otherwise: otherwise)
    case .coalesce(let parts):
      .choice(parts.dropLast().map { (.not(.isNull($0)), $0) }, otherwise: parts[parts.count - 1])
    case .truncated(let a, let divisor), .floored(let a, let divisor): .step([a], rounding: divisor)
    case .remainder(let a, _), .squareRoot(let a, _), .calendar(_, let a): .step([a], rounding: 0)
    case .integerQuotient(let a, let b), .ratio(let a, let b, _): .step([a, b], rounding: 0)
    case .extreme(let parts, _): .step(parts, rounding: 0)
    case .null: .nothing
    default: .other
    }
  }
  static func number(_ value: BigInt) -> Self { .integer(value) }
  static func sum(_ a: Self, _ b: Self) -> Self { .add(a, b) }
  static func product(_ a: Self, _ b: Self) -> Self { .multiply(a, b) }
  static func multiple(_ a: Self, _ factor: BigInt) -> Self { .scaled(a, by: factor) }
  static func choice(_ branches: [Choice], otherwise: Self) -> Self {
    .choose(branches.map { .init(condition: $0.condition, result: $0.result) }, otherwise: otherwise)
  }
}

extension ReleaseArgument.Facts {
  /// Whether it has one value, and is no choice, which its branches say more of.
  private func isConstant(_ expression: Expression) -> Bool {
    if case .choose = expression { return false }
    return range(of: expression).map { $0.lower == $0.upper } ?? false
  }

  /// With columns and formulas that have one value by their ranges as the constants that they are.
  func withoutFixed(_ expression: Expression) -> Expression {
    expression.replacing { part in
      switch part {
      case .integer, .null, .boolean: return nil
      default: break
      }
      guard isConstant(part), let value = range(of: part)?.lower else { return nil }
      guard mayBeNull(part) else { return .integer(value) }
      return .choose(
        [.init(condition: .isNull(part), result: .null(.number(scale: 0)))], otherwise: .integer(value))
    }
  }
}

extension Expression {
  /// With columns of one value as the constants that they are, where values are added up.
  func withoutFixed(_ table: TableSchema) -> Expression {
    func fixed(_ a: Expression) -> Expression { a.withoutFixed(table) }
    switch self {
    case .column(let id):
      let type = table.columns[id.rawValue].type
      guard !type.isText, type != .boolean, let value = type.onlyValue else { return self }
      return .integer(value)
    case .add(let a, let b): return .add(fixed(a), fixed(b))
    case .subtract(let a, let b): return .subtract(fixed(a), fixed(b))
    case .multiply(let a, let b): return .multiply(fixed(a), fixed(b))
    case .scaled(let a, let factor): return .scaled(fixed(a), by: factor)
    case .truncated(let a, let width): return .truncated(fixed(a), by: width)
    case .floored(let a, let divisor): return .floored(fixed(a), by: divisor)
    case .choose(let branches, let otherwise):
      return .choose(
        branches.map { .init(condition: $0.condition, result: fixed($0.result)) }, otherwise: fixed(otherwise))
    case .coalesce(let parts): return .coalesce(parts.dropLast() + parts.suffix(1).map(fixed))
    default: return self
    }
  }
}

extension ColumnType {
  /// Of a range with one value.
  fileprivate var onlyValue: BigInt? {
    range.lowerBound == range.upperBound ? BigInt(range.lowerBound) : nil
  }
}
