internal import BigInt
internal import ParleyBase
internal import ParleyProgram

/// The sets of a table's rows that the released statistics of a Swift program tell apart, each of which must hold no unit or
/// enough: the definition in `docs/proofs/suppression.md`, read off the nodes of the program.
struct RowSets {
  /// Rows that contribute to one summand of a statistic, or in which its value is there.
  struct Contributors {
    /// The factors of the summand, or the value: sets of one are compared with each other.
    var summand: [Program.NodeID]
    var rows: Program.NodeID
  }

  var builder: ProgramBuilder
  /// Rows that are not padding.
  let all: Program.NodeID
  private(set) var conditions: [Program.NodeID] = []
  private(set) var contributors: [Contributors] = []

  private let table: TableSchema
  private let minimum: Int
  private var reduction: RowReduction?
  /// What was read before: formulas share parts.
  private var visited: Set<Visit> = []
  private struct Visit: Hashable {
    var value: Program.NodeID
    var path: Program.NodeID
    var isSummed: Bool
    var isWhole: Bool
  }

  /// Every two conditions are compared: in rows by a product, in units by a column of a sort.
  private var mostConditions: Int { if case .units = table.protection { 8 } else { 24 } }
  private static let mostSummands = 32
  private static let mostColumns = 3
  /// Operators below each other in a value that is added up.
  private static let deepest = 200

  init(_ builder: ProgramBuilder, _ id: Program.TableID, _ table: TableSchema, minimum: Int) {
    self.builder = builder
    self.table = table
    self.minimum = minimum
    all = self.builder.input(.init(table: id, column: "", role: .isValid, sort: .bit))
  }

  /// - Throws: `plan/release-extremes`, `plan/release-argument`
  mutating func read(_ reduction: RowReduction) throws(ParleyError) {
    self.reduction = reduction
    if reduction.kind == .extremum, !table.allowsExtremes {
      throw reduction.refusal(
        "plan/release-extremes",
        "the smallest and the largest value are those of single records of '\(table.name)'",
        minimum: minimum,
        remedy:
          "reveal a mean, or counts of rows beyond bounds that you choose; or, where its owners agree, write 'allowsExtremes: true' at the table '\(table.name)'"
      )
    }
    let mask = try rows(reduction.mask)
    guard let value = reduction.value else { return try add(mask) }
    let filter = try filter(of: mask, of: value)
    try add(filter)
    if filter != mask { contribute([all, value], mask) }
    guard reduction.kind != .presence else { return }
    let isSummed = reduction.kind == .sum || reduction.kind == .mean
    if reduction.kind == .sum, let summands = summands(of: value, depth: 0), summands.contains([]) {
      // A constant in every row counts them.
      try add(mask)
    }
    try read(value, within: mask, isSummed: isSummed, isWhole: true)
  }

  // MARK: Sets

  private func operation(_ node: Program.NodeID) -> Program.Operation { builder.program[node].operation }

  /// The bits that all have to be 1.
  private func conjuncts(of node: Program.NodeID) -> Set<Program.NodeID> {
    var found: Set<Program.NodeID> = []
    var open = [node]
    while let part = open.popLast() {
      if case .and(let a, let b) = operation(part) { open += [a, b] } else { found.insert(part) }
    }
    return found
  }

  /// Rows of the table for which all bits are 1, the same node however it was written.
  private mutating func rows(_ bits: Program.NodeID...) throws(ParleyError) -> Program.NodeID {
    var parts: Set<Program.NodeID> = []
    for bit in bits { parts.formUnion(conjuncts(of: bit)) }
    return try rows(parts)
  }
  private mutating func rows(_ parts: Set<Program.NodeID>) throws(ParleyError) -> Program.NodeID {
    var mask = all
    for part in parts.sorted() { mask = try builder.and(mask, part) }
    return mask
  }

  private func isNever(_ mask: Program.NodeID) -> Bool { operation(mask) == .bitConstant(false) }

  private mutating func add(_ condition: Program.NodeID) throws(ParleyError) {
    guard condition != all, !isNever(condition), !conditions.contains(condition) else { return }
    conditions.append(condition)
    guard conditions.count <= mostConditions else {
      throw refusal(
        "the results about '\(table.name)' have more than \(mostConditions) conditions, and every two of them are compared",
        remedy: "reveal fewer results about one table, or ask by groups in a study (GROUP BY)")
    }
  }

  private mutating func contribute(_ summand: [Program.NodeID], _ rows: Program.NodeID) {
    guard rows != all, !isNever(rows) else { return }
    let known = contributors.contains { $0.rows == rows && $0.summand == summand }
    if !known { contributors.append(.init(summand: summand, rows: rows)) }
  }

  /// Columns whose cells a node depends on.
  private func columns(of node: Program.NodeID) -> Set<String> {
    var found: Set<String> = []
    var seen: Set<Program.NodeID> = []
    var open = [node]
    while let part = open.popLast() {
      guard seen.insert(part).inserted else { continue }
      if case .input(let id) = operation(part) { found.insert(builder.program.inputs[id.rawValue].column) }
      open += operation(part).operands
    }
    return found
  }

  /// What was said of the rows, without that the cells of the value itself are there.
  private mutating func filter(
    of mask: Program.NodeID, of value: Program.NodeID
  ) throws(ParleyError) -> Program.NodeID {
    let parts = conjuncts(of: mask)
    let own = columns(of: value)
    let kept = parts.filter { part in
      guard case .not(let bit) = operation(part), case .input(let id) = operation(bit) else { return true }
      let input = builder.program.inputs[id.rawValue]
      guard input.role == .isNull, own.contains(input.column) else { return true }
      return parts.contains { $0 != part && columns(of: $0).contains(input.column) }
    }
    return try rows(kept)
  }

  // MARK: Values

  private func refusal(_ reason: String, remedy: String? = nil) -> ParleyError {
    let usual =
      "reveal statistics of columns, of sums and products of different columns, and of 'condition.select' over these; compute the rest from what is revealed"
    return reduction?.refusal("plan/release-argument", reason, minimum: minimum, remedy: remedy ?? usual)
      ?? ParleyError(.invariant, reason)
  }

  private mutating func read(
    _ value: Program.NodeID, within path: Program.NodeID, isSummed: Bool, isWhole: Bool
  ) throws(ParleyError) {
    let visit = Visit(value: value, path: path, isSummed: isSummed, isWhole: isWhole)
    guard visited.insert(visit).inserted else { return }
    if builder.type(of: value).isBit { return try decide(value, within: path) }
    guard let summands = summands(of: value, depth: 0) else {
      throw refusal("what is added up multiplies out to more than \(Self.mostSummands) summands")
    }
    if isTwoValued(value) { try decideLesser(of: value, within: path) }
    let open = summands.filter { !$0.isEmpty }
    for summand in open {
      let isAlone = isWhole && open.count == 1 && summand.count == 1
      for factor in summand { try read(factor: factor, isAlone: isAlone, within: path, isSummed: isSummed) }
      try checkColumns(of: summand)
      guard isSummed else { continue }
      var contributing = path
      for factor in summand { contributing = try rows(contributing, try isNotZero(factor)) }
      let isCondition = summand.allSatisfy { if case .integer = operation($0) { true } else { false } }
      if isCondition { try add(contributing) } else { contribute(summand.sorted(), contributing) }
    }
  }

  private mutating func read(
    factor: Program.NodeID, isAlone: Bool, within path: Program.NodeID, isSummed: Bool
  ) throws(ParleyError) {
    switch operation(factor) {
    case .input:
      if isTwoValued(factor) { try decideLesser(of: factor, within: path) }
    case .integer(let bit): try decide(bit, within: path)
    case .select(let bit, let a, let b):
      try decide(bit, within: path)
      try read(a, within: try rows(path, bit), isSummed: isSummed, isWhole: isAlone)
      try read(b, within: try rows(path, try builder.not(bit)), isSummed: isSummed, isWhole: isAlone)
    default:
      // Quotients and what is rounded: of one polynomial, and nothing beside them.
      guard isAlone else { throw refusal("it adds or multiplies values that were divided or rounded") }
      for operand in operation(factor).operands where !isScalar(operand) {
        guard !containsStep(operand) else {
          throw refusal("it divides or rounds what was chosen, divided or rounded already")
        }
        try read(operand, within: path, isSummed: false, isWhole: true)
      }
    }
  }

  /// Rows of the path in which the bit is 1, and those in which it is 0.
  private mutating func decide(_ bit: Program.NodeID, within path: Program.NodeID) throws(ParleyError) {
    let isCompared = path == all || conditions.contains(path)
    try add(try rows(path, bit))
    // Otherwise the difference to the path is counted.
    if !isCompared { try add(try rows(path, try builder.not(bit))) }
  }
  private mutating func decideLesser(of value: Program.NodeID, within path: Program.NodeID) throws(ParleyError) {
    let lesser = builder.constant(builder.type(of: value).range.lower)
    try decide(try builder.compare(.equal, value, lesser), within: path)
  }

  private func isTwoValued(_ value: Program.NodeID) -> Bool {
    let range = builder.type(of: value).range
    return range.upper - range.lower == 1
  }

  private mutating func isNotZero(_ factor: Program.NodeID) throws(ParleyError) -> Program.NodeID {
    if case .integer(let bit) = operation(factor) { return bit }
    return try builder.not(try builder.compare(.equal, factor, builder.constant(0)))
  }

  private func isScalar(_ node: Program.NodeID) -> Bool { builder.type(of: node).shape == .scalar }

  private func checkColumns(of summand: [Program.NodeID]) throws(ParleyError) {
    var seen: Set<String> = []
    for factor in summand {
      let new = added(factor)
      guard seen.isDisjoint(with: new) else {
        throw refusal(
          "a column is in one product twice, and sums of powers determine single values",
          remedy:
            "multiply different columns; variances and correlations are statistics of studies (VARIANCE, CORR)")
      }
      seen.formUnion(new)
      if case .input = operation(factor) { continue }
    }
    guard summand.count <= Self.mostColumns else {
      throw refusal("it has a product of more than \(Self.mostColumns) factors")
    }
  }

  /// Columns whose values are added up, and not only tested.
  private func added(_ node: Program.NodeID) -> Set<String> {
    var found: Set<String> = []
    var seen: Set<Program.NodeID> = []
    var open = [node]
    while let part = open.popLast() {
      guard seen.insert(part).inserted else { continue }
      switch operation(part) {
      case .input(let id): found.insert(builder.program.inputs[id.rawValue].column)
      case .select(_, let a, let b): open += [a, b]
      case .integer, .compare: continue
      default: open += operation(part).operands
      }
    }
    return found
  }

  private func containsStep(_ node: Program.NodeID) -> Bool {
    var seen: Set<Program.NodeID> = []
    var open = [node]
    while let part = open.popLast() {
      guard !isScalar(part), seen.insert(part).inserted else { continue }
      switch operation(part) {
      case .input: continue
      case .add, .subtract, .multiply, .scale: open += operation(part).operands
      default: return true
      }
    }
    return false
  }

  /// The value as a sum of products, without constant factors; nil where there are too many. A summand without factors is a
  /// constant.
  private func summands(of value: Program.NodeID, depth: Int) -> [[Program.NodeID]]? {
    guard depth <= Self.deepest else { return nil }
    if isScalar(value) {
      return operation(value) == .constant(0) ? [] : [[]]
    }
    switch operation(value) {
    case .scale(let a, let factor): return factor == 0 ? [] : summands(of: a, depth: depth + 1)
    case .add(let a, let b), .subtract(let a, let b):
      guard let x = summands(of: a, depth: depth + 1), let y = summands(of: b, depth: depth + 1),
        x.count + y.count <= Self.mostSummands
      else { return nil }
      return x + y
    case .multiply(let a, let b):
      guard let x = summands(of: a, depth: depth + 1), let y = summands(of: b, depth: depth + 1),
        x.count * y.count <= Self.mostSummands
      else { return nil }
      return x.flatMap { p in y.map { p + $0 } }
    default: return [[value]]
    }
  }
}
