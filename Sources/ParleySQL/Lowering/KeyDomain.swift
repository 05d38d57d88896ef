import BigInt
import ParleyBase
import ParleyProgram

/// The public values of a group key, each with the secret bit "this row has it".
struct KeyDomain {
  enum Value: Hashable {
    /// Of a category, its position in the list.
    case number(BigInt)
    case null
  }
  struct Entry {
    var value: Value
    /// nil is SQL NULL.
    var label: String?
    var indicator: Program.NodeID
  }
  var entries: [Entry]

  /// Values of one integer key at most; larger domains are bucketed by the user.
  static let maximumValues = 256
}

extension RowLowering {
  /// The domain in declared order: ascending numbers, categories as listed, results of a CASE as written; NULL
  /// last, where the key can be NULL.
  mutating func domain(of key: LogicalQuery.Key, source: Source) throws(ParleyError) -> KeyDomain {
    if key.type == .boolean { return try conditionDomain(key.expression) }
    var values = try integerDomain(key.expression, key: key, source: source)
    if case .choose = key.expression {} else { values.entries.sort { $0.value < $1.value } }
    var entries: [KeyDomain.Entry] = []
    for entry in values.entries {
      let label = try key.type.format.text(of: entry.value)
      entries.append(.init(value: .number(entry.value), label: label, indicator: entry.bit))
    }
    if let isNull = values.isNull { entries.append(.init(value: .null, label: nil, indicator: isNull)) }
    return KeyDomain(entries: entries)
  }

  private struct IntegerDomain {
    var entries: [(value: BigInt, bit: Program.NodeID)]
    var isNull: Program.NodeID?
  }

  private mutating func conditionDomain(_ expression: Expression) throws(ParleyError) -> KeyDomain {
    let (certain, possible) = try condition(expression)
    var entries: [KeyDomain.Entry] = [
      .init(value: .number(0), label: "false", indicator: try builder.not(possible)),
      .init(value: .number(1), label: "true", indicator: certain),
    ]
    if let isNull = try nullBit(.condition(certain: certain, possible: possible)) {
      entries.append(.init(value: .null, label: nil, indicator: isNull))
    }
    return KeyDomain(entries: entries)
  }

  private mutating func integerDomain(
    _ expression: Expression, key: LogicalQuery.Key, source: Source
  ) throws(ParleyError) -> IntegerDomain {
    switch expression {
    case .choose(let branches, let otherwise):
      let results = branches.map(\.result) + [otherwise]
      let areConstants = results.allSatisfy {
        switch $0 {
        case .integer, .null: true
        default: false
        }
      }
      if areConstants { return try labelDomain(branches, otherwise) }
    case .truncated(let inner, let width): return try bucketDomain(inner, width, key: key, source: source)
    case .scaled(let inner, let factor) where inner.containsDivision && factor != 0:
      return shifted(try integerDomain(inner, key: key, source: source)) { $0 * factor }
    case .add(let inner, .integer(let offset)) where inner.containsDivision,
      .add(.integer(let offset), let inner) where inner.containsDivision:
      return shifted(try integerDomain(inner, key: key, source: source)) { $0 + offset }
    case .subtract(let inner, .integer(let offset)) where inner.containsDivision:
      return shifted(try integerDomain(inner, key: key, source: source)) { $0 - offset }
    case .calendar(.monthStart, let inner):
      return shifted(
        try integerDomain(inner, key: key, source: source), by: CalendarFunction.monthStart.value(of:))
    default: break
    }
    if expression.containsBucket {
      throw source.error(
        "sql/group-key", "a division in a group key may only be shifted and scaled by constants", at: key.range,
        remedy: "group by the division itself, such as age / 10")
    }
    return try valueDomain(expression, key: key, source: source)
  }

  private func shifted(_ domain: IntegerDomain, by map: (BigInt) -> BigInt) -> IntegerDomain {
    IntegerDomain(entries: domain.entries.map { (map($0.value), $0.bit) }, isNull: domain.isNull)
  }

  /// CASE with constant results: a row has the result of the first branch that applies, so the indicators follow
  /// from the conditions without any comparison of results.
  private mutating func labelDomain(
    _ branches: [Expression.Branch], _ otherwise: Expression
  ) throws(ParleyError) -> IntegerDomain {
    var domain = IntegerDomain(entries: [], isNull: nil)
    var remaining = builder.constant(true)
    for branch in branches {
      let applies = try condition(branch.condition).certain
      try add(try builder.and(remaining, applies), for: branch.result, to: &domain)
      remaining = try builder.and(remaining, try builder.not(applies))
    }
    try add(remaining, for: otherwise, to: &domain)
    return domain
  }
  private mutating func add(
    _ bit: Program.NodeID, for result: Expression, to domain: inout IntegerDomain
  ) throws(ParleyError) {
    // Indicators of different branches exclude each other, so XOR is OR and costs nothing.
    guard case .integer(let value) = result else {
      domain.isNull = try domain.isNull.map { other throws(ParleyError) in try builder.xor(other, bit) } ?? bit
      return
    }
    if let index = domain.entries.firstIndex(where: { $0.value == value }) {
      domain.entries[index].bit = try builder.xor(domain.entries[index].bit, bit)
    } else {
      domain.entries.append((value, bit))
    }
  }

  /// Division towards zero. Bucket q is the difference of two thresholds, so neighbours share a comparison.
  private mutating func bucketDomain(
    _ inner: Expression, _ width: BigInt, key: LogicalQuery.Key, source: Source
  ) throws(ParleyError) -> IntegerDomain {
    let (value, isNull) = try number(inner)
    let range = builder.type(of: value).range
    let first = range.lower / width, last = range.upper / width
    try checkSize(last - first + 1, key: key, source: source)
    var entries: [(value: BigInt, bit: Program.NodeID)] = []
    var below = builder.constant(false)
    var bucket = first
    while bucket <= last {
      // The smallest number of the next bucket.
      let next = bucket < 0 ? bucket * width + 1 : (bucket + 1) * width
      let belowNext =
        bucket == last ? builder.constant(true) : try builder.compare(.less, value, builder.constant(next))
      entries.append((bucket, try present(try builder.xor(belowNext, below), isNull)))
      below = belowNext
      bucket += 1
    }
    return IntegerDomain(entries: entries, isNull: isNull)
  }

  private mutating func valueDomain(
    _ expression: Expression, key: LogicalQuery.Key, source: Source
  ) throws(ParleyError) -> IntegerDomain {
    let (value, isNull) = try number(expression)
    let range = builder.type(of: value).range
    try checkSize(range.upper - range.lower + 1, key: key, source: source)
    var entries: [(value: BigInt, bit: Program.NodeID)] = []
    var candidate = range.lower
    while candidate <= range.upper {
      let bit = try builder.compare(.equal, value, builder.constant(candidate))
      entries.append((candidate, try present(bit, isNull)))
      candidate += 1
    }
    return IntegerDomain(entries: entries, isNull: isNull)
  }

  private mutating func present(
    _ bit: Program.NodeID, _ isNull: Program.NodeID?
  ) throws(ParleyError) -> Program.NodeID {
    guard let isNull else { return bit }
    return try builder.and(bit, try builder.not(isNull))
  }

  private func checkSize(_ count: BigInt, key: LogicalQuery.Key, source: Source) throws(ParleyError) {
    guard count > BigInt(KeyDomain.maximumValues) else { return }
    throw source.error(
      "sql/group-domain",
      "the group key '\(source.text(key.range))' has \(count) possible values; groups are public, so every value becomes one",
      at: key.range,
      remedy:
        "narrow the column's declared range or make buckets, such as age / 10 or CASE WHEN age < 30 THEN … END (at most \(KeyDomain.maximumValues) values)"
    )
  }
}
