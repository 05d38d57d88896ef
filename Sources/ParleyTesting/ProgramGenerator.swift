internal import BigInt
package import ParleyBase
package import ParleyProgram
internal import ParleyReplicated

/// Random straight-line programs over the elementwise and reducing operations of the intermediate representation, with
/// data: structures that nobody thought of, the same for the same seed.
package struct ProgramGenerator {
  /// Holders of the one table.
  package static let holders = 2
  /// The one table.
  package static let schema = TableSchema(
    name: "t",
    columns: [
      ColumnSchema(name: "small", type: .integer(-9...9), isNullable: false),
      ColumnSchema(name: "count", type: .integer(0...70_000), isNullable: false),
      ColumnSchema(name: "wide", type: .integer(-(1 << 34)...1 << 34), isNullable: false),
      ColumnSchema(name: "flag", type: .boolean, isNullable: false),
    ], holders: ["h0", "h1"], maximumRows: 24)

  private var random: InsecureRandom
  private var builder = ProgramBuilder()
  private var pool: [Program.NodeID] = []
  private var used: Set<Program.NodeID> = []
  /// Names of the operations that were built.
  package private(set) var operations: [String: Int] = [:]

  private init(seed: UInt64, attempt: UInt64) { random = InsecureRandom(seed: seed, 0x7072_6f67, attempt) }

  /// A program with data.
  package struct Generated: Sendable {
    /// What is computed.
    package var program: Program
    /// How often each of ``names`` is in it.
    package var operations: [String: Int]
    /// Rows, by holder.
    package var data: [TableData]
  }

  /// - Parameters:
  ///   - length: operations besides inputs.
  ///   - seed: chooses everything.
  package static func make(length: Int, seed: UInt64) throws(ParleyError) -> Generated {
    for attempt in 0..<20 as Range<UInt64> {
      var generator = ProgramGenerator(seed: seed, attempt: attempt)
      try generator.build(length)
      let program = generator.builder.program
      guard try isPlannable(program) else { continue }
      return Generated(program: program, operations: generator.operations, data: generator.data())
    }
    throw ParleyError(.invariant, "no program of seed \(seed) can be planned")
  }

  /// Some programs are refused with a reason: products of columns that exist as bits only, sums of a constant.
  private static func isPlannable(_ program: Program) throws(ParleyError) -> Bool {
    do throws(ParleyError) {
      _ = try Lowering.lower(program, for: ReplicatedEngine<UInt64>.descriptorOfFreeSummands)
      return true
    } catch {
      guard error.code.rawValue.hasPrefix("plan/") else { throw error }
      return false
    }
  }

  // MARK: Data

  private mutating func data() -> [TableData] {
    (0..<Self.holders).map { holder in
      let rows = holder == 0 ? 1 + pick(12) : pick(13)
      return TableData(
        rowCount: rows,
        columns: Self.schema.columns.map { column in
          let range = Self.range(column.type)
          return .init(
            values: (0..<rows).map { _ in
              // Ends of the range more often than by chance.
              switch pick(6) {
              case 0: range.lowerBound
              case 1: range.upperBound
              default: Int64.random(in: range, using: &random)
              }
            }, isNull: [])
        })
    }
  }
  private static func range(_ type: ColumnType) -> ClosedRange<Int64> {
    if case .integer(let range) = type { range } else { 0...1 }
  }

  // MARK: Structure

  private mutating func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }

  private mutating func build(_ length: Int) throws(ParleyError) {
    let table = builder.table(
      .init(name: Self.schema.name, holders: Self.schema.holders, maximumRows: Self.schema.maximumRows))
    for column in Self.schema.columns {
      let range = Self.range(column.type)
      pool.append(
        builder.input(
          .init(
            table: table, column: column.name, role: .value,
            sort: column.type == .boolean
              ? .bit : .integer(Interval(BigInt(range.lowerBound), BigInt(range.upperBound))))))
    }
    pool.append(builder.constant(BigInt(pick(200) - 100)))
    pool.append(builder.constant(pick(2) == 1))
    var built = 0
    var attempts = 0
    while built < length {
      attempts += 1
      guard attempts < 100 * length else { throw ParleyError(.invariant, "no operation fits any more") }
      let before = builder.program.nodes.count
      guard let (name, node) = attempt() else { continue }
      // Folded to something that was there, or too large for a word later on.
      guard builder.program.nodes.count > before, Self.isShort(builder.type(of: node)) else { continue }
      pool.append(node)
      used.formUnion(builder.program[node].operation.operands)
      operations[name, default: 0] += 1
      built += 1
    }
    disclose()
  }

  /// What nothing else uses, and a few more.
  private mutating func disclose() {
    let chosen = pool.dropFirst(Self.schema.columns.count + 2).filter { !used.contains($0) || pick(6) == 0 }
    for (index, node) in chosen.enumerated() {
      _ = builder.disclose(
        .init(
          name: "d\(index)", node: node, recipients: ["r"], meaning: .statistic, explanation: "a random value"))
    }
  }

  /// Operands stay short, so that a product or a sum of them is one word.
  private static func isShort(_ type: Program.ValueType) -> Bool {
    let limit = BigInt(1) << 46
    return type.range.lower >= -limit && type.range.upper <= limit
  }

  /// A node of one sort; recent ones more often, so that chains become long.
  private mutating func node(_ isWanted: (Program.ValueType) -> Bool) -> Program.NodeID? {
    let fitting = pool.filter { isWanted(builder.type(of: $0)) }
    guard !fitting.isEmpty else { return nil }
    let recent = fitting.suffix(4)
    return pick(2) == 0 ? recent[recent.startIndex + pick(recent.count)] : fitting[pick(fitting.count)]
  }
  private mutating func integer() -> Program.NodeID? { node { !$0.isBit } }
  private mutating func bit() -> Program.NodeID? { node(\.isBit) }
  private mutating func integers() -> (Program.NodeID, Program.NodeID)? {
    guard let a = integer(), let b = integer() else { return nil }
    return (a, b)
  }
  private mutating func bits() -> (Program.NodeID, Program.NodeID)? {
    guard let a = bit(), let b = bit() else { return nil }
    return (a, b)
  }
  private mutating func scalars(_ count: Int, bits: Bool) -> [Program.NodeID]? {
    var list: [Program.NodeID] = []
    for _ in 0..<count {
      guard let next = node({ $0.isBit == bits && $0.shape == .scalar }) else { return nil }
      list.append(next)
    }
    return list
  }

  /// One operation on random operands; nil where they do not fit together.
  private mutating func attempt() -> (String, Program.NodeID)? {
    let all = Self.names
    let name = all[pick(all.count)]
    do throws(ParleyError) {
      guard let node = try operation(name) else { return nil }
      return (name, node)
    } catch {
      return nil
    }
  }

  /// Operations that are drawn from.
  package static let names = [
    "add", "subtract", "multiply", "scale", "quotient", "squareRoot", "truncate", "integer", "less", "lessOrEqual",
    "equal", "not", "and", "or", "xor", "select", "selectBit", "sum", "innerProduct", "minimum", "maximum", "any",
    "stack", "stackBits", "element", "matrixProduct", "loop", "productSum",
    "columnProduct",
  ]

  private mutating func operation(_ name: String) throws(ParleyError) -> Program.NodeID? {
    switch name {
    case "add", "subtract", "multiply", "less", "lessOrEqual", "equal", "innerProduct":
      guard let (a, b) = integers() else { return nil }
      switch name {
      case "add": return try builder.add(a, b)
      case "subtract": return try builder.subtract(a, b)
      case "multiply": return try builder.multiply(a, b)
      case "less": return try builder.compare(.less, a, b)
      case "lessOrEqual": return try builder.compare(.lessOrEqual, a, b)
      case "equal": return try builder.compare(.equal, a, b)
      default: return try builder.innerProduct(a, b)
      }
    case "columnProduct":
      guard let first = node({ if case .rows = $0.shape { !$0.isBit } else { false } }) else { return nil }
      let shape = builder.type(of: first).shape
      var columns = [first]
      for _ in 0..<(1 + pick(4)) { columns += [node { !$0.isBit && $0.shape == shape } ?? first] }
      let middle = 1 + pick(columns.count - 1)
      return try builder.columnProduct(Array(columns[..<middle]), Array(columns[(middle - pick(2))...]))
    case "productSum":
      var pairs: [(a: Program.NodeID, b: Program.NodeID)] = []
      for _ in 0..<(2 + pick(3)) {
        guard let (a, b) = integers() else { return nil }
        pairs.append((a, b))
      }
      return try builder.productSum(pairs)
    case "quotient":
      guard let (a, b) = integers() else { return nil }
      return try builder.quotient(a, try builder.atLeast(b, 1))
    case "and", "or", "xor":
      guard let (a, b) = bits() else { return nil }
      switch name {
      case "and": return try builder.and(a, b)
      case "or": return try builder.or(a, b)
      default: return try builder.xor(a, b)
      }
    case "not", "integer", "any":
      guard let a = bit() else { return nil }
      switch name {
      case "not": return try builder.not(a)
      case "integer": return try builder.integer(fromBit: a)
      default: return try builder.any(a)
      }
    case "select":
      guard let condition = bit(), let (a, b) = integers() else { return nil }
      return try builder.select(condition, a, b)
    case "selectBit":
      guard let condition = bit(), let (a, b) = bits() else { return nil }
      return try builder.select(condition, a, b)
    case "stack", "stackBits":
      guard let parts = scalars(2 + pick(3), bits: name == "stackBits") else { return nil }
      return try builder.stack(parts)
    case "element":
      guard let a = node({ if case .fixed(let count) = $0.shape { count > 1 } else { false } }) else { return nil }
      guard case .fixed(let count) = builder.type(of: a).shape else { return nil }
      return try builder.element(a, at: pick(count))
    case "matrixProduct":
      func isVector(_ type: Program.ValueType) -> Bool {
        if case .fixed(let count) = type.shape { !type.isBit && count > 1 } else { false }
      }
      guard let a = node(isVector), let b = node(isVector), case .fixed(let x) = builder.type(of: a).shape,
        case .fixed(let y) = builder.type(of: b).shape
      else { return nil }
      return x == y && pick(2) == 0
        ? try builder.matrixProduct(a, b, rows: 1, inner: x, columns: 1)
        : try builder.matrixProduct(a, b, rows: x, inner: 1, columns: y)
    case "loop": return try loop()
    default: return try unary(name)
    }
  }

  /// A number and a bit of one shape from pass to pass, with a number from outside.
  private mutating func loop() throws(ParleyError) -> Program.NodeID? {
    guard let (a, c) = integers() else { return nil }
    let shape = builder.type(of: a).shape
    guard let b = node({ $0.isBit && $0.shape == shape }) else { return nil }
    let (count, kind, result) = (pick(5), pick(4), pick(2))
    let interval = builder.type(of: a).range.union(Interval(-500...500))
    return try builder.repeated(
      count, carrying: [.init("a", from: a, within: interval), .init("b", from: b, within: nil)]
    ) { builder, values in
      let mixed =
        switch kind {
        case 0: try builder.add(values[0], c)
        case 1: try builder.subtract(c, values[0])
        case 2: try builder.select(values[1], values[0], c)
        default: try builder.truncate(try builder.add(try builder.scale(values[0], by: 3), c), bits: 1)
        }
      let next = try builder.atMost(try builder.atLeast(mixed, interval.lower), interval.upper)
      return [next, try builder.xor(values[1], try builder.compare(.less, next, c))]
    }[result]
  }

  private mutating func unary(_ name: String) throws(ParleyError) -> Program.NodeID? {
    guard let a = integer() else { return nil }
    switch name {
    case "scale": return try builder.scale(a, by: BigInt(pick(19) - 9))
    case "squareRoot": return try builder.squareRoot(try builder.atLeast(a, 0))
    case "truncate": return try builder.truncate(a, bits: 1 + pick(12))
    case "sum": return try builder.sum(a)
    case "minimum": return try builder.extremum(.minimum, a)
    case "maximum": return try builder.extremum(.maximum, a)
    default: throw ParleyError(.invariant, "no operation \(name)")
    }
  }
}
