import BigInt
import ParleyProgram

/// How a statistic of each unit is made of columns of tables: by which functions, and what it is of a unit that has one row.
struct UnitStatisticForm {
  /// From the outermost one to that of the rows, none of a value of each row; several at a place in a union, or of what is made of
  /// several values.
  var functions: [Set<Function>]
  /// Of a unit with one row it is Σ coefficient · product + constant, in the integers that are computed with; nil where that is not known.
  var terms: [Set<Expression>: BigInt]?
  var constant: BigInt = 0
  /// Decimals of its integers.
  var scale: Int

  struct Function: Hashable {
    var function: AggregateFunction
    var isDistinct: Bool
  }

  /// A grouping of units makes it.
  var isStatistic: Bool { !functions.isEmpty }
  /// A number of rows, or of values, or made of nothing but such.
  var isCount: Bool
  /// How far values are apart, which is another kind of number than they are.
  var isSpread: Bool { has { $0 == .variance || $0 == .deviation || $0 == .correlation } }
  private func has(_ isMeant: (AggregateFunction) -> Bool) -> Bool {
    functions.contains { $0.contains { isMeant($0.function) } }
  }
  /// Sums of numbers of rows are numbers of rows, less those in which a value is missing.
  var isNumberOfRows: Bool {
    isCount
      && functions.allSatisfy { functions in
        functions.allSatisfy { !$0.isDistinct && [.sum, .count, .countRows].contains($0.function) }
      }
  }
  /// Of sums and means: what it is of a sum of two values is the sum of what it is of each.
  private var isLinear: Bool {
    functions.allSatisfy { functions in
      functions.count == 1 && functions.allSatisfy { [.sum, .average].contains($0.function) }
    }
  }

  /// At some place one adds up and the other one does the second: of units with n rows there, the one may be a multiple of the other.
  func has(_ own: AggregateFunction, where other: Self, has its: AggregateFunction) -> Bool {
    zip(functions, other.functions).contains { a, b in
      a.contains { $0.function == own } && b.contains { $0.function == its }
    }
  }

  /// At some place it adds up where the other one picks a value: of n rows with one value the one is n times the other.
  func addsUp(whatIsPickedBy other: Self) -> Bool {
    zip(functions, other.functions).contains { a, b in
      a.contains { $0.function == .sum }
        && b.contains { function in
          switch function.function {
          case .minimum, .maximum, .median, .quantile: true
          default: false
          }
        }
    }
  }

  /// Multiples of this and of the other one, and the constant by which they differ, of units with one row: where products that both
  /// have are alike. Those of no product are compared as they are.
  ///
  /// - Returns: empty where both are always in one relation.
  func relations(to other: Self) -> [(own: BigInt, other: BigInt, constant: BigInt)] {
    let most = max(scale, other.scale)
    let asTheyAre = (BigInt(10).power(most - scale), BigInt(10).power(most - other.scale), BigInt(0))
    guard let terms, let others = other.terms else { return [asTheyAre] }
    var found: [(own: BigInt, other: BigInt, constant: BigInt)] = []
    for (product, number) in terms {
      guard let its = others[product] else { continue }
      let divisor = number.greatestCommonDivisor(with: its)
      let sign: BigInt = its < 0 ? -1 : 1
      let (a, b) = (sign * its / divisor, sign * number / divisor)
      guard !found.contains(where: { $0.own == a && $0.other == b }) else { continue }
      found.append((a, b, a * constant - b * other.constant))
    }
    if found.count == 1, functions == other.functions, terms.count == others.count,
      terms.keys.allSatisfy({ others[$0] != nil }), isLinear || found[0].other > 0
    {
      return []
    }
    return found.isEmpty ? [asTheyAre] : found.sorted { ($0.own, $0.other) < ($1.own, $1.other) }
  }
}

extension ReleaseColumns {
  func unitForm(of id: ColumnID) -> UnitStatisticForm {
    var seen: Set<ColumnID> = []
    let functions = self.functions(of: root(id), &seen)
    var scale = 0
    if case .number(let own) = type(of: id) { scale = own }
    guard !functions.isEmpty else {
      return UnitStatisticForm(
        functions: [], terms: deep(.column(id)).products, scale: scale, isCount: false)
    }
    let whole = rowForm(of: root(id), depth: 0)
    return UnitStatisticForm(
      functions: functions, terms: whole?.terms, constant: whole?.constant ?? 0, scale: scale,
      isCount: isCount(root(id), depth: 0))
  }

  private func isCount(_ id: ColumnID, depth: Int) -> Bool {
    guard depth < 16, let made = derived[id] else { return false }
    switch made.statistic?.function {
    case .count, .countRows: return true
    default: return !made.direct.isEmpty && made.direct.allSatisfy { isCount($0, depth: depth + 1) }
    }
  }

  private func functions(of id: ColumnID, _ seen: inout Set<ColumnID>) -> [Set<UnitStatisticForm.Function>] {
    guard let made = derived[id], seen.insert(id).inserted else { return [] }
    var below: [Set<UnitStatisticForm.Function>] = []
    for column in made.direct.sorted() {
      let own = functions(of: column, &seen)
      while below.count < own.count { below.append([]) }
      for (place, functions) in own.enumerated() { below[place].formUnion(functions) }
    }
    guard let statistic = made.statistic else { return below }
    return [[.init(function: statistic.function, isDistinct: statistic.isDistinct)]] + below
  }

  /// What it is of a unit with one row.
  private func rowForm(of id: ColumnID, depth: Int) -> (terms: [Set<Expression>: BigInt], constant: BigInt)? {
    guard depth < 16, let made = derived[id], made.arguments.count == 1, !made.isOfUnion,
      let argument = made.arguments.first
    else { return nil }
    var factor: BigInt = 1
    if let statistic = made.statistic {
      switch statistic.function {
      case .sum, .average, .minimum, .maximum, .median, .quantile: break
      default: return nil
      }
      guard case .number(let from) = statistic.type, case .number(let to) = type(of: id), to >= from else {
        return nil
      }
      factor = BigInt(10).power(to - from)
    }
    guard var terms = deep(argument).products else { return nil }
    var constant = (terms.removeValue(forKey: []) ?? 0) * factor
    terms = terms.mapValues { $0 * factor }
    guard terms.count == 1, let (product, number) = terms.first, product.count == 1,
      case .column(let inner)? = product.first, derived[inner] != nil
    else { return (terms, constant) }
    guard let below = rowForm(of: inner, depth: depth + 1) else { return (terms, constant) }
    constant += number * below.constant
    return (below.terms.mapValues { $0 * number }, constant)
  }
}

extension Expression {
  /// As a sum of products with numbers, the empty product among them; nil where a product has a factor twice, or there are many.
  fileprivate var products: [Set<Expression>: BigInt]? {
    func sum(_ a: Expression, _ b: Expression, _ sign: BigInt) -> [Set<Expression>: BigInt]? {
      guard let x = a.products, let y = b.products else { return nil }
      return x.merging(y.mapValues { sign * $0 }, uniquingKeysWith: +).filter { $0.value != 0 }
    }
    switch self {
    case .integer(let value): return value == 0 ? [:] : [[]: value]
    case .scaled(let a, let factor): return a.products?.mapValues { $0 * factor }.filter { $0.value != 0 }
    case .add(let a, let b): return sum(a, b, 1)
    case .subtract(let a, let b): return sum(a, b, -1)
    case .multiply(let a, let b):
      guard let x = a.products, let y = b.products, x.count * y.count <= ReleaseArgument.mostTerms else {
        return nil
      }
      var products: [Set<Expression>: BigInt] = [:]
      for (p, m) in x {
        for (q, n) in y {
          guard p.isDisjoint(with: q) else { return nil }
          products[p.union(q), default: 0] += m * n
        }
      }
      return products.filter { $0.value != 0 }
    default: return [[self]: 1]
    }
  }
}
