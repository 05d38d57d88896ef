internal import BigInt

/// Puts the work on rows of one length into instructions that go through the columns chunk by chunk.
///
/// Operations on rows fall into segments. One belongs to the earliest segment in which its operands are there: that of an
/// operand computed row by row, or the next one after a sum over all rows, a sort or anything else that needs or makes
/// whole columns. A segment becomes one ``Instruction/Kind/chunked(_:_:)``; only what other segments read, or what needs
/// whole columns, is as long as the columns.
struct Chunking {
  private var length = LengthNumber.one
  private let registers: Emitter.Registers
  /// Nil where operations have become part of a chunk.
  private var operations: [RawOperation?]
  /// By length number, where its first and its last operation stand.
  private var places: [ClosedRange<Int>?] = []
  /// By register, how often operations read it. Those on rows of another length never become part of a chunk of its own.
  private var readsOfPlane: [Int32]
  private var readsOfArith: [Int32]
  /// By register.
  private var stateOfPlane: [RegisterState] = []
  private var stateOfArith: [RegisterState] = []

  /// Lengths of which few operations stand between the first and the last come first: what they put together is then one
  /// operation for the others, as the join of a subquery is for the query around it.
  ///
  /// - Parameters:
  ///   - isLong: whether columns of a length are worth it.
  ///   - most: so many operations are looked at, some of them for many lengths.
  /// - Returns: nil where it would be more.
  static func applied(
    to operations: [RawOperation], _ registers: Emitter.Registers, upTo most: Int, isLong: (Length) -> Bool
  ) -> [RawOperation]? {
    var chunking = Chunking(operations, registers)
    let long = chunking.places.enumerated().compactMap { number, place in
      place.flatMap {
        isLong(registers.length(.init(rawValue: Int32(number)))) ? (number: number, count: $0.count) : nil
      }
    }
    if long.isEmpty { return operations }
    chunking.countReads()
    var work = 0
    for (number, _) in long.sorted(by: { ($0.count, $0.number) < ($1.count, $1.number) }) {
      work += chunking.places[number]?.count ?? 0
      guard work <= most else { return nil }
      chunking.apply(.init(rawValue: Int32(number)))
    }
    return chunking.operations.compactMap { $0 }
  }

  private init(_ operations: [RawOperation], _ registers: Emitter.Registers) {
    self.registers = registers
    self.operations = operations
    (readsOfPlane, readsOfArith) = ([], [])
    for index in operations.indices { place(operations[index].length, index) }
  }
  private mutating func countReads() {
    readsOfPlane = Array(repeating: 0, count: registers.planes.count)
    readsOfArith = Array(repeating: 0, count: registers.arith.count)
    for case let operation? in operations { count(operation, 1) }
  }
  private mutating func count(_ operation: RawOperation, _ change: Int32) {
    operation.forEachPlaneRead { readsOfPlane[$0.index] += change }
    if case .general(let general) = operation.body {
      for word in general.arithIn { readsOfArith[word.index] += change }
    }
  }
  private mutating func place(_ length: LengthNumber, _ index: Int) {
    let number = Int(length.rawValue)
    while places.count <= number { places.append(nil) }
    places[number] = WrittenRegisters.including(index, places[number])
  }
  /// Every length brings new registers.
  private mutating func coverAll() {
    stateOfPlane += repeatElement(RegisterState(), count: registers.planes.count - stateOfPlane.count)
    stateOfArith += repeatElement(RegisterState(), count: registers.arith.count - stateOfArith.count)
  }

  /// What is known of a register while the operations of one length are put together.
  private struct RegisterState {
    /// The length that it is known of, at first none; of any other nothing is known.
    var length = LengthNumber(rawValue: -1)
    /// The segment that computes it row by row, -1 for none.
    var segment: Int32 = -1
    /// The first segment that finds it whole.
    var whole: Int32 = 0
  }

  /// Operations between the first and the last of a length, those of every level one after the other: first those that need whole
  /// columns, then its segment.
  private struct Levels {
    /// Where an operation stands, and twice its level, one more in the segment.
    private var members: [(index: Int32, part: Int32)] = []
    private var counts: [Int] = []
    var count: Int { counts.count / 2 }

    mutating func add(_ index: Int, level: Int32, isInside: Bool) {
      let part = 2 * level + (isInside ? 1 : 0)
      while counts.count <= Int(part) | 1 { counts.append(0) }
      counts[Int(part)] += 1
      members.append((Int32(index), part))
    }

    /// Places of the operations by level; in each part they keep their order.
    func places() -> [(outside: [Int], segment: [Int])] {
      var parts = counts.map { count -> [Int] in
        var part: [Int] = []
        part.reserveCapacity(count)
        return part
      }
      for (index, part) in members { parts[Int(part)].append(Int(index)) }
      return (0..<count).map { (parts[2 * $0], parts[2 * $0 + 1]) }
    }
  }

  /// Operations before the first of the length and after the last stay where they are.
  private mutating func apply(_ length: LengthNumber) {
    guard let range = places[Int(length.rawValue)] else { return }
    self.length = length
    coverAll()
    var found = Levels()
    for index in range {
      guard let operation = operations[index] else { continue }
      let isInside = isRowwise(operation)
      let level = latest(operation, isInside: isInside)
      mark(operation, level, isInside: isInside)
      found.add(index, level: level, isInside: isInside)
    }
    let levels = found.places()
    // A segment without messages is left as it is.
    let segments = levels.map { level -> [RawOperation]? in
      guard level.segment.contains(where: { operations[$0]?.communicates ?? false }) else { return nil }
      return level.segment.compactMap { operations[$0] }
    }
    let exported = segments.map { segment in segment.map { exports(of: $0) } }
    var moved: [RawOperation?] = []
    moved.reserveCapacity(range.count)
    for (number, level) in levels.enumerated() {
      for index in level.outside { moved.append(operations[index]) }
      if let operations = segments[number], let exported = exported[number] {
        var segment = Segment(length: length, registers: registers)
        moved.append(segment.operation(operations, exported: exported))
      } else {
        for index in level.segment { moved.append(operations[index]) }
      }
    }
    let rest = range.count - moved.count
    for (offset, operation) in moved.enumerated() {
      if let operation { place(operation.length, range.lowerBound + offset) }
    }
    operations.replaceSubrange(range, with: moved + repeatElement(nil, count: rest))
  }

  // MARK: Segments

  /// Whether the operation computes every row of its results from the same row of its operands, or sums up over the rows.
  ///
  /// Counts of bits are not: a bit a row is short as a whole column, and in chunks every one of them takes all rounds of a sum.
  private func isRowwise(_ operation: RawOperation) -> Bool {
    guard operation.length == length, !operation.countsBits else { return false }
    var fits = true
    operation.forEachPlaneRead { plane in
      let own = registers.planes[plane.index]
      if own != length && own != .one { fits = false }
    }
    guard case .general(let general) = operation.body else { return fits }
    guard fits, general.reduction == nil, general.kind.isRowwise else { return false }
    return general.arithIn.allSatisfy {
      let own = registers.arith[$0.index]
      return own == length || own == .one
    }
  }

  private func latest(_ operation: RawOperation, isInside: Bool) -> Int32 {
    var latest: Int32 = 0
    func wait(for state: RegisterState) {
      guard state.length == length else { return }
      latest = max(latest, isInside && state.segment >= 0 ? state.segment : state.whole)
    }
    operation.forEachPlaneRead { wait(for: stateOfPlane[$0.index]) }
    if case .general(let general) = operation.body {
      for register in general.arithIn { wait(for: stateOfArith[register.index]) }
    }
    return latest
  }

  private mutating func mark(_ operation: RawOperation, _ level: Int32, isInside: Bool) {
    let state = RegisterState(
      length: length, segment: isInside && !operation.sumsRows ? level : -1, whole: level + (isInside ? 1 : 0))
    operation.forEachPlaneWritten { stateOfPlane[$0.index] = state }
    if case .general(let general) = operation.body {
      for register in general.arithOut { stateOfArith[register.index] = state }
    }
  }

  /// What operations outside of the segment read.
  private mutating func exports(of segment: [RawOperation]) -> RegisterSet {
    for operation in segment { count(operation, -1) }
    var result = RegisterSet()
    for operation in segment where !operation.sumsRows {
      operation.forEachPlaneWritten { if readsOfPlane[$0.index] > 0 { result.add($0) } }
      guard case .general(let general) = operation.body else { continue }
      for word in general.arithOut where readsOfArith[word.index] > 0 { result.add(word) }
    }
    return result
  }
}

/// One segment as a function of a chunk: columns that it reads and makes get registers of their own inside.
private struct Segment {
  let length: LengthNumber
  let registers: Emitter.Registers
  private var planes: [PlaneRegister: PlaneRegister] = [:]
  private var ariths: [ArithRegister: ArithRegister] = [:]
  private var shared = RowBundle()
  private var isShared: Set<Int> = []
  private var isSharedWord: Set<Int> = []

  init(length: LengthNumber, registers: Emitter.Registers) {
    (self.length, self.registers) = (length, registers)
  }

  mutating func operation(_ operations: [RawOperation], exported: RegisterSet) -> RawOperation {
    var rows = RowBundle(), low = RowBundle()
    var written: (planes: Set<Int>, ariths: Set<Int>) = ([], [])
    var sums: [ArithRegister] = []
    var bitSums: [[[PlaneRegister]]] = []
    var adders: [PendingFunction] = []
    for operation in operations {
      operation.forEachPlaneRead { plane in
        guard !written.planes.contains(plane.index), planes[plane] == nil else { return }
        guard registers.planes[plane.index] == length else {
          if isShared.insert(plane.index).inserted { shared.planes.append(plane) }
          return
        }
        rows.planes.append(plane)
        low.planes.append(inner(plane))
      }
      if case .general(let general) = operation.body {
        for register in general.arithIn where !written.ariths.contains(register.index) && ariths[register] == nil {
          if registers.arith[register.index] == length {
            rows.arith.append(register)
            low.arith.append(inner(register, .half))
          } else if isSharedWord.insert(register.index).inserted {
            shared.arith.append(register)
          }
        }
        for register in general.arithOut {
          written.ariths.insert(register.index)
          if operation.sumsRows { sums.append(register) }
        }
        if case .sum(_, let list, _) = general.kind {
          bitSums += list.map(\.out)
          // What adds up rows adds up chunks.
          if adders.isEmpty { adders = general.functions }
        }
      }
      operation.forEachPlaneWritten { written.planes.insert($0.index) }
    }
    let out = RowBundle(
      arith: exported.arith.map { ArithRegister($0) }, planes: exported.planes.map { PlaneRegister($0) })
    let columns = Instruction.ChunkedColumns(
      rows: rows, shared: shared, out: out, sums: sums, sumCounts: sums.map(elements),
      bitSums: bitSums.isEmpty ? nil : .init(adder: .pending, out: bitSums))
    let results = columns.results
    let result = RowBundle(
      arith: out.arith.map { inner($0, .half) } + sums.map { inner($0, registers.arith[$0.index]) },
      planes: out.planes.map { inner($0) } + results.planes.dropFirst(out.planes.count).map { inner($0, .one) })
    let body = operations.map(renamed)
    return RawOperation(
      body: .general(
        .init(
          .chunked(.pending, columns), arithIn: rows.arith + shared.arith, planesIn: rows.planes + shared.planes,
          arithOut: results.arith, planesOut: results.planes,
          functions: [PendingFunction(low: low, high: RowBundle(), result: result, operations: body)] + adders)),
      length: length, node: operations[0].node)
  }

  /// Of what is as long for all rows.
  private func elements(_ register: ArithRegister) -> Int {
    if case .fixed(let count) = registers.length(registers.arith[register.index]) { count } else { 1 }
  }
  private mutating func inner(_ plane: PlaneRegister, _ length: LengthNumber = .half) -> PlaneRegister {
    let new = registers.newPlane(length, node: registers.planeNodes[plane.index])
    planes[plane] = new
    return new
  }
  private mutating func inner(_ register: ArithRegister, _ length: LengthNumber) -> ArithRegister {
    let new = registers.newArith(length, node: registers.arithNodes[register.index])
    ariths[register] = new
    return new
  }

  private func renamed(_ operation: RawOperation) -> RawOperation {
    func plane(_ register: PlaneRegister) -> PlaneRegister { planes[register] ?? register }
    func arith(_ register: ArithRegister) -> ArithRegister { ariths[register] ?? register }
    let body: RawOperation.Body
    switch operation.body {
    case .xor(let a, let b, let out): body = .xor(plane(a), plane(b), out: plane(out))
    case .and(let a, let b, let out): body = .and(plane(a), plane(b), out: plane(out))
    case .not(let a, let out): body = .not(plane(a), out: plane(out))
    case .general(let general):
      body = .general(
        .init(
          general.kind.renamed(arith, plane), arithIn: general.arithIn.map(arith),
          planesIn: general.planesIn.map(plane),
          arithOut: general.arithOut.map(arith), planesOut: general.planesOut.map(plane),
          functions: general.functions))
    }
    return RawOperation(body: body, length: .half, node: operation.node)
  }
}

extension Length {
  /// Whether there can be more than `limit` rows, with so many at most in each table.
  func mayExceed(_ limit: Int, tables: [Int]) -> Bool {
    // Verdicts read one holder's part, and nothing else is so long.
    if case .part = self { false } else { largest(tables) > BigInt(limit) }
  }
  private func largest(_ tables: [Int]) -> BigInt {
    switch self {
    case .fixed(let count): BigInt(count)
    case .rows(let table), .part(_, let table): BigInt(tables[table])
    case .sum(let parts): parts.reduce(0) { $0 + $1.largest(tables) }
    case .atMost(let count, let whole): min(BigInt(count), whole.largest(tables))
    case .product(let outer, let inner): outer.largest(tables) * inner.largest(tables)
    case .half: 0
    }
  }
}

extension RawOperation {
  /// Whether it is a sum in bits of a bit a row.
  fileprivate var countsBits: Bool {
    guard case .general(let general) = body, case .sum(_, let sums, _) = general.kind else { return false }
    return sums.allSatisfy { sum in sum.columns.reduce(0) { $0 + $1.count } <= 1 }
  }
  /// Whether the results are sums over all rows, of one element or a fixed number.
  fileprivate var sumsRows: Bool {
    guard case .general(let general) = body else { return false }
    switch general.kind {
    case .sumRows, .innerProducts, .columnProduct, .sum: return true
    default: return false
    }
  }
}

extension Instruction.Kind {
  /// Whether results are computed row by row, or summed up over the rows.
  fileprivate var isRowwise: Bool {
    switch self {
    case .constantArith, .constantPlane, .linear, .repeatPlanes, .multiply, .productSums, .summands,
      .shiftedSummands, .bitSummands, .sumRows, .innerProducts, .columnProduct, .sum(_, _, results: 1):
      true
    default: false
    }
  }

  /// The same with other registers; kinds that are ``isRowwise`` only.
  fileprivate func renamed(
    _ arith: (ArithRegister) -> ArithRegister, _ plane: (PlaneRegister) -> PlaneRegister
  ) -> Self {
    func pairs(_ list: [Instruction.ArithPair]) -> [Instruction.ArithPair] {
      list.map { .init(arith($0.a), arith($0.b)) }
    }
    switch self {
    case .constantArith(let value, let out): return .constantArith(value, out: arith(out))
    case .constantPlane(let value, let out): return .constantPlane(value, out: plane(out))
    case .linear(let terms, let constant, let out):
      return .linear(
        terms: terms.map { .init(arith($0.register), $0.factor) }, constant: constant, out: arith(out))
    case .repeatPlanes(let list, let out): return .repeatPlanes(list.map(plane), out: out.map(plane))
    case .multiply(let list, let out): return .multiply(pairs(list), out: out.map(arith))
    case .summands(let a, let width, let out):
      return .summands(arith(a), width: width, out: out.map { $0.map(plane) })
    case .shiftedSummands(let a, let bits, let out):
      return .shiftedSummands(arith(a), bits: bits, out: out.map(arith))
    case .bitSummands(let list, let out): return .bitSummands(list.map(plane), out: out.map { $0.map(arith) })
    case .sum(let adder, let sums, let results):
      return .sum(
        adder,
        sums.map { sum in
          BitSum(
            columns: sum.columns.map { $0.map(plane) }, offset: sum.offset, out: sum.out.map { $0.map(plane) })
        }, results: results)
    case .sumRows(let a, let out): return .sumRows(arith(a), out: arith(out))
    case .productSums(let lists, let out): return .productSums(lists.map(pairs), out: out.map(arith))
    case .innerProducts(let lists, let out): return .innerProducts(lists.map(pairs), out: out.map(arith))
    case .columnProduct(let left, let right, let out):
      return .columnProduct(left.map(arith), right.map(arith), out: arith(out))
    default: preconditionFailure("no operation on rows")
    }
  }
}
