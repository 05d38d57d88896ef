public import BigInt
public import ParleyBase
public import ParleyProgram

/// Computes a program on pooled plaintext, exactly: what the protocols' results are compared with.
///
/// It sees everything and protects nothing. Every value is checked against the range the program states for it,
/// so a wrong range analysis shows here.
public struct InsecurePlaintextEvaluator {
  /// One vector per node; short integers stay machine words.
  private enum Values {
    case words([Int])
    case wide([BigInt])

    var count: Int {
      switch self {
      case .words(let values): values.count
      case .wide(let values): values.count
      }
    }
    var wide: [BigInt] {
      switch self {
      case .words(let values): values.map { BigInt($0) }
      case .wide(let values): values
      }
    }
  }

  private var program: Program
  private let schemas: [String: TableSchema]
  private let data: [String: [TableData]]
  private let shuffles: Bool
  private let digester = TextNumbering()
  private var nodes: [Values] = []
  /// Columns of tuples, by node.
  private var tuples: [Int: [Values]] = [:]
  /// Of a pass of a loop: what it carries, and what it reads from outside.
  private var carried: [Values] = []
  private var captured: [Values] = []

  /// - Parameters:
  ///   - tables: schemas of the tables that the program reads, found by name.
  ///   - data: for each table name, the rows of each holder in the order of the schema's holders.
  ///   - shuffles: false leaves rows where a shuffle would put them in a random order, so that two evaluations differ
  ///     only where their data do.
  /// - Returns: the opened integers of every disclosure.
  /// - Throws: `data/requirement` where the data do not meet what the program requires of them.
  public static func evaluate(
    _ program: Program, tables: [TableSchema], data: [String: [TableData]], shuffles: Bool = true
  ) throws(ParleyError) -> [Program.DisclosureID: [BigInt]] {
    var evaluator = InsecurePlaintextEvaluator(program: program, tables: tables, data: data, shuffles: shuffles)
    try program.checkScopes()
    for node in program.nodes {
      // What is left of the passes of loops, which nothing uses.
      if case .carried = node.operation { evaluator.nodes.append(.words([])) } else { try evaluator.step(node) }
    }
    let violated = program.requirements.filter { evaluator.nodes[$0.violated.rawValue].wide.contains(1) }
    guard violated.isEmpty else { throw Program.Requirement.refusal(violated) }
    var opened: [Program.DisclosureID: [BigInt]] = [:]
    for (index, disclosure) in program.disclosures.enumerated() {
      opened[Program.DisclosureID(rawValue: index)] = evaluator.nodes[disclosure.node.rawValue].wide
    }
    return opened
  }

  /// The result tables as they would be shown.
  public static func results(
    _ program: Program, tables: [TableSchema], data: [String: [TableData]]
  ) throws(ParleyError) -> [DecodedTable] {
    try DecodedTable.decode(program, opened: try evaluate(program, tables: tables, data: data))
  }

  private init(program: Program, tables: [TableSchema], data: [String: [TableData]], shuffles: Bool) {
    self.program = program
    self.shuffles = shuffles
    schemas = Dictionary(tables.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    self.data = data
  }

  private func failure(_ message: String) -> ParleyError { ParleyError(.invariant, message) }

  private mutating func step(_ node: Program.Node) throws(ParleyError) {
    if let columns = try tuple(node) {
      tuples[nodes.count] = columns
      nodes.append(.words([]))
      return
    }
    let range = node.type.range
    let values = narrowed(try compute(node), to: range)
    let isWithin =
      switch values {
      case .words(let words):
        // Ends beyond a machine word bound nothing here.
        words.allSatisfy { (Int(exactly: range.lower) ?? .min) <= $0 && $0 <= (Int(exactly: range.upper) ?? .max) }
          && range.lower <= BigInt(Int.max) && range.upper >= BigInt(Int.min)
      case .wide(let wide): wide.allSatisfy(range.contains)
      }
    guard isWithin else {
      let reasons = node.lemmas.map(\.rawValue).joined(separator: ", ")
      throw failure(
        "a value leaves the range \(range) of \(node.origin ?? "a node")"
          + (reasons.isEmpty ? "" : ", which is said to hold by \(reasons)"))
    }
    guard values.count == elements(node.type.shape) else {
      throw failure("a value has the wrong number of elements")
    }
    nodes.append(values)
  }

  private func narrowed(_ values: Values, to range: Interval) -> Values {
    guard range.signedWidth <= 64, case .wide(let wide) = values else { return values }
    let words = wide.compactMap { Int(exactly: $0) }
    return words.count == wide.count ? .words(words) : values
  }

  private func elements(_ shape: Program.Shape) -> Int {
    switch shape {
    case .rows(let table): rowCount(program.tables[table.rawValue].name)
    case .fixed(let count): count
    case .concatenated(let parts): parts.reduce(0) { $0 + elements($1) }
    case .first(let count, let whole): min(count, elements(whole))
    case .product(let outer, let inner): elements(outer) * elements(inner)
    }
  }

  // MARK: Inputs

  /// The rows of all holders together, with padding.
  private func rowCount(_ table: String) -> Int {
    (data[table] ?? []).reduce(0) { $0 + max($1.rowCount, schemas[table]?.padTo ?? 0) }
  }

  private func column(_ input: Program.Input) throws(ParleyError) -> Values {
    let name = program.tables[input.table.rawValue].name
    guard let schema = schemas[name] else { throw failure("table '\(name)' has no schema") }
    // A cell without a value holds the number of its range that is nearest to 0.
    let range = input.sort == .bit ? Interval.bit : Program.ValueType(input.sort, .scalar).range
    let filler = Int(max(range.lower, min(range.upper, 0)))
    var values: [Int] = []
    for part in data[name] ?? [] {
      let padding = max(0, (schema.padTo ?? 0) - part.rowCount)
      values += try input.cells(of: part, schema, absent: Int64(filler), digester: digester).map { Int($0) }
      values += Array(
        repeating: input.role == .value ? filler : input.role == .isNull ? 1 : 0, count: padding)
    }
    return .words(values)
  }

  // MARK: Operations

  private subscript(id: Program.NodeID) -> Values { nodes[id.rawValue] }

  /// Elementwise on machine words; the range says whether the results fit, and the operands are words.
  private func map(
    _ a: Program.NodeID, _ b: Program.NodeID, fits: Bool, _ words: (Int, Int) -> Int,
    _ wide: (BigInt, BigInt) -> BigInt
  ) -> Values {
    if fits, case .words(let x) = self[a], case .words(let y) = self[b] {
      return .words(Self.pairs(x, y).map(words))
    }
    return .wide(Self.pairs(self[a].wide, self[b].wide).map(wide))
  }
  /// A scalar meets a vector by repetition.
  private static func pairs<T>(_ x: [T], _ y: [T]) -> [(T, T)] {
    if x.count == y.count { return Array(zip(x, y)) }
    if x.count == 1 { return y.map { (x[0], $0) } }
    return x.map { ($0, y[0]) }
  }
  private func map(_ a: Program.NodeID, _ body: (BigInt) -> BigInt) -> Values { .wide(self[a].wide.map(body)) }

  private func bits(_ a: Program.NodeID) throws(ParleyError) -> [Int] {
    guard case .words(let words) = self[a] else { throw failure("a condition is not a bit") }
    return words
  }
  private func bits(
    _ a: Program.NodeID, _ b: Program.NodeID, _ body: (Int, Int) -> Int
  ) throws(ParleyError) -> Values {
    .words(Self.pairs(try bits(a), try bits(b)).map(body))
  }

  private func compute(_ node: Program.Node) throws(ParleyError) -> Values {
    // Two words whose exact result is in this range cannot overflow.
    let fits = node.type.range.signedWidth <= 64
    switch node.operation {
    case .input(let id): return try column(program.inputs[id.rawValue])
    case .constant(let value): return .wide([value])
    case .bitConstant(let value): return .words([value ? 1 : 0])
    case .add(let a, let b): return map(a, b, fits: fits, { $0 &+ $1 }, +)
    case .subtract(let a, let b): return map(a, b, fits: fits, { $0 &- $1 }, -)
    case .multiply(let a, let b): return map(a, b, fits: fits, { $0 &* $1 }, *)
    case .productSum(let pairs): return .wide(productSum(pairs, elements(node.type.shape)))
    case .scale(let a, let factor): return map(a) { $0 * factor }
    case .compare(let comparison, let a, let b): return compare(comparison, a, b)
    case .not(let a): return .words(try bits(a).map { 1 - $0 })
    case .and(let a, let b): return try bits(a, b, &)
    case .or(let a, let b): return try bits(a, b, |)
    case .xor(let a, let b): return try bits(a, b, ^)
    case .select(let condition, let a, let b): return try select(condition, a, b)
    case .integer(let a): return .words(try bits(a))
    case .sum(let a): return .wide([self[a].wide.reduce(0, +)])
    case .innerProduct(let a, let b):
      return .wide([Self.pairs(self[a].wide, self[b].wide).reduce(0) { $0 + $1.0 * $1.1 }])
    case .extremum(let kind, let a):
      // Of nothing: the end of the range that decides nothing.
      let range = node.type.range
      let values = self[a].wide
      return .wide([kind == .minimum ? values.min() ?? range.upper : values.max() ?? range.lower])
    case .any(let a): return .words([try bits(a).reduce(0, |)])
    case .quotient(let a, let b): return map(a, b, fits: false, { $0 / $1 }, { $0.flooredQuotient(by: $1) })
    case .squareRoot(let a): return map(a) { $0.squareRoot() }
    case .truncate(let a, let bits): return map(a) { $0.flooredQuotient(by: BigInt(1) << bits) }
    case .bit(let a, let place):
      return .words(self[a].wide.map { $0.flooredQuotient(by: BigInt(1) << place) & 1 == 1 ? 1 : 0 })
    case .stack(let parts):
      if node.type.isBit {
        var words: [Int] = []
        for part in parts { words += try bits(part) }
        return .words(words)
      }
      return .wide(parts.flatMap { self[$0].wide })
    case .element(let a, let index):
      if case .words(let words) = self[a] { return .words([words[index]]) }
      return .wide([self[a].wide[index]])
    case .matrixProduct(let a, let b, let rows, let inner, let columns):
      let x = self[a].wide, y = self[b].wide
      var product: [BigInt] = []
      for row in 0..<rows {
        for column in 0..<columns {
          product.append((0..<inner).reduce(0) { $0 + x[row * inner + $1] * y[$1 * columns + column] })
        }
      }
      return .wide(product)
    case .columnProduct(let left, let right): return .wide(columnProduct(left, right))
    default: return try rows(node)
    }
  }

  /// A scalar meets every element of the others.
  private func productSum(_ pairs: [Program.Factors], _ count: Int) -> [BigInt] {
    pairs.reduce(into: Array(repeating: 0, count: count)) { sums, pair in
      let (x, y) = (self[pair.a].wide, self[pair.b].wide)
      for row in 0..<count { sums[row] += x[x.count == 1 ? 0 : row] * y[y.count == 1 ? 0 : row] }
    }
  }

  private func columnProduct(_ left: [Program.NodeID], _ right: [Program.NodeID]) -> [BigInt] {
    let columns = right.map { self[$0].wide }
    return left.flatMap { a in
      let x = self[a].wide
      return columns.map { y in zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
    }
  }

  private func compare(
    _ comparison: Program.Comparison, _ a: Program.NodeID, _ b: Program.NodeID
  ) -> Values {
    func holds<T: Comparable>(_ x: T, _ y: T) -> Int {
      switch comparison {
      case .less: x < y ? 1 : 0
      case .lessOrEqual: x <= y ? 1 : 0
      case .equal: x == y ? 1 : 0
      }
    }
    if case .words(let x) = self[a], case .words(let y) = self[b] { return .words(Self.pairs(x, y).map(holds)) }
    return .words(Self.pairs(self[a].wide, self[b].wide).map(holds))
  }

  private func select(
    _ condition: Program.NodeID, _ a: Program.NodeID, _ b: Program.NodeID
  ) throws(ParleyError) -> Values {
    let bits = try bits(condition)
    let count = [bits.count, self[a].count, self[b].count].first { $0 != 1 } ?? 1
    func choose<T>(_ x: [T], _ y: [T]) -> [T] {
      (0..<count).map { index in
        let bit = bits[bits.count == 1 ? 0 : index]
        return bit == 1 ? x[x.count == 1 ? 0 : index] : y[y.count == 1 ? 0 : index]
      }
    }
    if case .words(let x) = self[a], case .words(let y) = self[b] { return .words(choose(x, y)) }
    return .wide(choose(self[a].wide, self[b].wide))
  }

  // MARK: Whole columns

  /// The operand's elements in a public order; nil gives 0.
  private func picked(_ a: Program.NodeID, _ order: [Int?]) -> Values {
    switch self[a] {
    case .words(let values): .words(order.map { $0.map { values[$0] } ?? 0 })
    case .wide(let values): .wide(order.map { $0.map { values[$0] } ?? 0 })
    }
  }

  private func rows(_ node: Program.Node) throws(ParleyError) -> Values {
    switch node.operation {
    case .spread(let a, let shape): return picked(a, Array(repeating: 0, count: elements(shape)))
    case .concatenate(let parts):
      if node.type.isBit {
        var words: [Int] = []
        for part in parts { words += try bits(part) }
        return .words(words)
      }
      return .wide(parts.flatMap { self[$0].wide })
    case .shift(let a, let rows):
      let count = self[a].count
      return picked(a, (0..<count).map { (0..<count).contains($0 - rows) ? $0 - rows : nil })
    case .pick(let a, let places): return picked(a, places)
    case .positional(let a, let sequence):
      let numbers = sequence.values(elements(node.type.shape))
      return .wide(zip(self[a].wide, numbers).map { $0 * BigInt($1) })
    case .reversed(let a): return picked(a, Array((0..<self[a].count).reversed()))
    case .prefix(let a, let count): return picked(a, Array(0..<min(count, self[a].count)))
    case .outer(let a, let shape):
      let inner = elements(shape)
      return picked(a, (0..<self[a].count * inner).map { $0 / inner })
    case .inner(let a, let shape):
      let count = self[a].count
      return picked(a, (0..<elements(shape) * count).map { $0 % count })
    case .runningSum(let a):
      var total = BigInt(0)
      return .wide(
        self[a].wide.map { value in
          total += value
          return total
        })
    case .component(let a, let index):
      guard let columns = tuples[a.rawValue], columns.indices.contains(index) else {
        throw failure("a column of what is no tuple")
      }
      return columns[index]
    case .carried(let index) where carried.indices.contains(index): return carried[index]
    case .captured(let index) where captured.indices.contains(index): return captured[index]
    default: throw failure("an operation that this evaluator does not know")
    }
  }

  /// The columns of a tuple; nil for a node that is none.
  private func tuple(_ node: Program.Node) throws(ParleyError) -> [Values]? {
    switch node.operation {
    case .sort(let keys, let payload):
      let columns = keys.map { (values: self[$0.value].wide, isDescending: $0.isDescending) }
      let order = (0..<elements(node.type.shape)).sorted { x, y in
        for column in columns where column.values[x] != column.values[y] {
          return (column.values[x] < column.values[y]) != column.isDescending
        }
        return x < y
      }
      return payload.map { picked($0, order) }
    case .shuffle(let payload):
      let rows = Array(0..<elements(node.type.shape))
      let order = shuffles ? rows.shuffled() : rows
      return payload.map { picked($0, order) }
    case .scan(let items, let restart):
      let restarts = try bits(restart)
      return items.map { item in
        var carried = BigInt(0)
        let values = self[item.value].wide.enumerated().map { row, value in
          if row == 0 || restarts[row] == 1 {
            carried = value
          } else {
            switch item.scan {
            case .sum: carried += value
            case .minimum: carried = min(carried, value)
            case .maximum, .any: carried = max(carried, value)
            case .first: break
            }
          }
          return carried
        }
        return .wide(values)
      }
    case .repeated(let loop): return try passes(of: loop)
    default: return nil
    }
  }

  /// The carried values after the last pass. Every pass checks what it finds and what it leaves against the declared intervals.
  private func passes(of loop: Program.Loop) throws(ParleyError) -> [Values] {
    var pass = self
    pass.program = program.pass(of: loop)
    pass.captured = loop.captured.map { self[$0] }
    pass.carried = try zip(loop.initial, loop.carried).map { (node, type) throws(ParleyError) in
      try declared(self[node], type)
    }
    for _ in 0..<loop.count {
      (pass.nodes, pass.tuples) = ([], [:])
      for node in pass.program.nodes { try pass.step(node) }
      pass.carried = try zip(loop.results, loop.carried).map { (node, type) throws(ParleyError) in
        try declared(pass[node], type)
      }
    }
    return pass.carried
  }

  private func declared(_ values: Values, _ type: Program.ValueType) throws(ParleyError) -> Values {
    guard values.wide.allSatisfy(type.range.contains) else {
      throw failure("a carried value leaves its interval \(type.range)")
    }
    return values
  }
}
