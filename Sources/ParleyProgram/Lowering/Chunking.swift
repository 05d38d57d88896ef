internal import BigInt

/// Puts the work on rows of one length into instructions that go through the columns chunk by chunk.
///
/// Operations on rows fall into segments. One belongs to the earliest segment in which its operands are there: that of an
/// operand computed row by row, or the next one after a sum over all rows, a sort or anything else that needs or makes
/// whole columns. A segment becomes one ``Instruction/Kind/chunked(_:_:)``; only what other segments read, or what needs
/// whole columns, is as long as the columns.
struct Chunking {
  private let registers: Emitter.Registers
  /// All operations there ever were, by number; those that were put together stand behind those that were emitted.
  private var pool: [RawOperation]
  /// What is looked at of each, by its number.
  private var outline: OperationOutline
  /// The operations in order, by number; -1 where some have become part of a chunk.
  private var order: [Int32]
  /// By length number, where its first and its last operation stand.
  private var places: [ClosedRange<Int>?] = []
  /// By key of ``OperationOutline``, how often operations read the register. Those on rows of another length never become part of a chunk
  /// of its own.
  private var reads: [Int32] = []
  /// By key of ``OperationOutline``.
  private var states: [RegisterState] = []

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
    var isUsed: [Bool] = []
    for operation in operations {
      let number = Int(operation.length.rawValue)
      while isUsed.count <= number { isUsed.append(false) }
      isUsed[number] = true
    }
    let long = isUsed.indices.filter {
      isUsed[$0] && isLong(registers.length(.init(rawValue: Int32($0))))
    }
    if long.isEmpty { return operations }
    var chunking = Chunking(operations, registers)
    let inOrder = long.map { (number: $0, count: chunking.places[$0]?.count ?? 0) }
      .sorted { ($0.count, $0.number) < ($1.count, $1.number) }
    var work = 0
    for (number, _) in inOrder {
      work += chunking.places[number]?.count ?? 0
      guard work <= most else { return nil }
      chunking.apply(.init(rawValue: Int32(number)))
    }
    return chunking.order.compactMap { $0 < 0 ? nil : chunking.pool[Int($0)] }
  }

  private init(_ operations: [RawOperation], _ registers: Emitter.Registers) {
    self.registers = registers
    pool = operations
    outline = OperationOutline(operations, registers)
    order = operations.indices.map(Int32.init)
    for index in operations.indices { place(operations[index].length, index) }
    cover()
    for number in operations.indices { count(number, 1) }
  }
  private mutating func count(_ number: Int, _ change: Int32) {
    for place in outline[number].reads { reads[Int(outline.keys[place])] += change }
  }
  private mutating func place(_ length: LengthNumber, _ index: Int) {
    let number = Int(length.rawValue)
    while places.count <= number { places.append(nil) }
    places[number] = WrittenRegisters.including(index, places[number])
  }
  /// Every length brings new registers.
  private mutating func cover() {
    outline.cover(registers)
    let keys = outline.lengths.count
    states += repeatElement(RegisterState(), count: keys - states.count)
    reads += repeatElement(0, count: keys - reads.count)
  }

  /// What is known of a register while the operations of one length are put together.
  private struct RegisterState {
    /// The length that it is known of, at first none; of any other nothing is known.
    var length: Int32 = -1
    /// The segment that computes it row by row, -1 for none.
    var segment: Int32 = -1
    /// The first segment that finds it whole.
    var whole: Int32 = 0
  }

  /// Operations between the first and the last of a length, those of every level one after the other: first those that need whole
  /// columns, then its segment.
  private struct Levels {
    /// The number of an operation, and twice its level, one more in the segment.
    private var members: [(number: Int32, part: Int32)] = []
    private var counts: [Int] = []
    var count: Int { counts.count / 2 }

    mutating func add(_ number: Int32, level: Int32, isInside: Bool) {
      let part = 2 * level + (isInside ? 1 : 0)
      while counts.count <= Int(part) | 1 { counts.append(0) }
      counts[Int(part)] += 1
      members.append((number, part))
    }

    /// Numbers of the operations by level; in each part they keep their order.
    func numbers() -> [(outside: [Int32], segment: [Int32])] {
      var parts = counts.map { count -> [Int32] in
        var part: [Int32] = []
        part.reserveCapacity(count)
        return part
      }
      for (number, part) in members { parts[Int(part)].append(number) }
      return (0..<count).map { (parts[2 * $0], parts[2 * $0 + 1]) }
    }
  }

  /// Operations before the first of the length and after the last stay where they are.
  private mutating func apply(_ length: LengthNumber) {
    guard let range = places[Int(length.rawValue)] else { return }
    cover()
    var found = Levels()
    for index in range {
      let number = order[index]
      guard number >= 0 else { continue }
      let operation = outline[Int(number)]
      let isInside = isRowwise(operation, length)
      let level = latest(operation, length, isInside: isInside)
      mark(operation, length, level, isInside: isInside)
      found.add(number, level: level, isInside: isInside)
    }
    let levels = found.numbers()
    // A segment without messages is left as it is.
    let isSegment = levels.map { level in level.segment.contains { outline[Int($0)].communicates } }
    let exported = levels.indices.map { isSegment[$0] ? exports(of: levels[$0].segment) : RegisterSet() }
    var next = range.lowerBound
    func put(_ number: Int32) {
      order[next] = number
      next += 1
    }
    for (level, parts) in levels.enumerated() {
      for number in parts.outside { put(number) }
      if isSegment[level] {
        var segment = Segment(length: length, registers: registers)
        let operation = segment.operation(
          parts.segment.map { pool[Int($0)] }, exported: exported[level])
        pool.append(operation)
        outline.append(operation)
        put(Int32(pool.count - 1))
      } else {
        for number in parts.segment { put(number) }
      }
    }
    for index in range.lowerBound..<next { place(pool[Int(order[index])].length, index) }
    for index in next..<(range.upperBound + 1) { order[index] = -1 }
  }

  // MARK: Segments

  /// Whether the operation computes every row of its results from the same row of its operands, or sums up over the rows.
  private func isRowwise(_ operation: OperationOutline.Entry, _ length: LengthNumber) -> Bool {
    guard operation.length == length, operation.canBeRowwise else { return false }
    for place in operation.reads {
      let own = outline.lengths[Int(outline.keys[place])]
      if own != length && own != .one { return false }
    }
    return true
  }

  private func latest(
    _ operation: OperationOutline.Entry, _ length: LengthNumber, isInside: Bool
  ) -> Int32 {
    var latest: Int32 = 0
    for place in operation.reads {
      let state = states[Int(outline.keys[place])]
      guard state.length == length.rawValue else { continue }
      latest = max(latest, isInside && state.segment >= 0 ? state.segment : state.whole)
    }
    return latest
  }

  private mutating func mark(
    _ operation: OperationOutline.Entry, _ length: LengthNumber, _ level: Int32, isInside: Bool
  ) {
    let state = RegisterState(
      length: length.rawValue, segment: isInside && !operation.sumsRows ? level : -1,
      whole: level + (isInside ? 1 : 0))
    for place in operation.writes { states[Int(outline.keys[place])] = state }
  }

  /// What operations outside of the segment read.
  private mutating func exports(of segment: [Int32]) -> RegisterSet {
    for number in segment { count(Int(number), -1) }
    var result = RegisterSet()
    for number in segment {
      let operation = outline[Int(number)]
      guard !operation.sumsRows else { continue }
      for place in operation.writes {
        let key = outline.keys[place]
        guard reads[Int(key)] > 0 else { continue }
        OperationOutline.register(
          key, plane: { result.add($0) }, arith: { result.add($0) })
      }
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

extension Instruction.Kind {
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
