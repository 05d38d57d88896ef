/// What putting operations together has to know of each, in flat arrays: a program can have a million of them, and is gone through once for
/// every length that its columns have.
struct OperationOutline {
  /// One operation.
  struct Entry {
    let length: LengthNumber
    /// Places in ``OperationOutline/keys``.
    let reads: Range<Int>
    let writes: Range<Int>
    /// Whether it computes every row of its results from the same row of its operands, or sums up over the rows, where the operands are as
    /// long as it or of one element.
    ///
    /// Counts of bits do not: a bit a row is short as a whole column, and in chunks every one of them takes all rounds of a sum.
    let canBeRowwise: Bool
    /// Whether the results are sums over all rows, of one element or a fixed number.
    let sumsRows: Bool
    let communicates: Bool
  }
  private struct Flags: OptionSet {
    let rawValue: UInt8
    static let canBeRowwise = Flags(rawValue: 1)
    static let sumsRows = Flags(rawValue: 2)
    static let communicates = Flags(rawValue: 4)
  }
  private struct Header {
    var length: LengthNumber
    var readCount: Int32
    var flags: Flags
  }

  /// Of planes twice their number, of words one more.
  private(set) var keys: [Int32] = []
  /// By key, the number of the register's length.
  private(set) var lengths: [LengthNumber] = []
  /// Registers that ``lengths`` is known of.
  private var covered = (planes: 0, words: 0)
  private var headers: [Header] = []
  /// Where the keys of each operation begin, and behind the last where they end.
  private var starts: [Int] = [0]

  init(_ operations: [RawOperation], _ registers: Emitter.Registers) {
    headers.reserveCapacity(operations.count)
    starts.reserveCapacity(operations.count + 1)
    keys.reserveCapacity(3 * operations.count)
    for operation in operations { append(operation) }
    cover(registers)
  }

  subscript(_ number: Int) -> Entry {
    let header = headers[number]
    let (start, end) = (starts[number], starts[number + 1])
    let middle = start + Int(header.readCount)
    return Entry(
      length: header.length, reads: start..<middle, writes: middle..<end,
      canBeRowwise: header.flags.contains(.canBeRowwise), sumsRows: header.flags.contains(.sumsRows),
      communicates: header.flags.contains(.communicates))
  }

  /// Lengths of registers that were made since.
  mutating func cover(_ registers: Emitter.Registers) {
    let (planes, words) = (registers.planes, registers.arith)
    let keys = 2 * max(planes.count, words.count)
    if keys > lengths.count { lengths += repeatElement(.one, count: keys - lengths.count) }
    for number in covered.planes..<planes.count { lengths[2 * number] = planes[number] }
    for number in covered.words..<words.count { lengths[2 * number + 1] = words[number] }
    covered = (planes.count, words.count)
  }

  mutating func append(_ operation: RawOperation) {
    let start = keys.count
    operation.forEachPlaneRead { keys.append(Self.key($0)) }
    var flags: Flags = []
    if case .general(let general) = operation.body {
      for register in general.arithIn { keys.append(Self.key(register)) }
      if operation.sumsRows { flags.insert(.sumsRows) }
      if general.kind.isRowwise && general.reduction == nil && !operation.countsBits {
        flags.insert(.canBeRowwise)
      }
    } else {
      flags.insert(.canBeRowwise)
    }
    if operation.communicates { flags.insert(.communicates) }
    let reads = keys.count - start
    operation.forEachPlaneWritten { keys.append(Self.key($0)) }
    if case .general(let general) = operation.body {
      for register in general.arithOut { keys.append(Self.key(register)) }
    }
    headers.append(Header(length: operation.length, readCount: Int32(reads), flags: flags))
    starts.append(keys.count)
  }

  private static func key(_ plane: PlaneRegister) -> Int32 { Int32(2 * plane.index) }
  private static func key(_ register: ArithRegister) -> Int32 { Int32(2 * register.index + 1) }

  /// Calls one of the two with the register of a key.
  static func register(
    _ key: Int32, plane: (PlaneRegister) -> Void, arith: (ArithRegister) -> Void
  ) {
    let number = Int(key >> 1)
    if key & 1 == 0 { plane(PlaneRegister(number)) } else { arith(ArithRegister(number)) }
  }
}

extension RawOperation {
  /// Whether it is a sum in bits of a bit a row.
  fileprivate var countsBits: Bool {
    guard case .general(let general) = body, case .sum(_, let sums, _) = general.kind else { return false }
    return sums.allSatisfy { sum in sum.columns.reduce(0) { $0 + $1.count } <= 1 }
  }
  /// Whether the results are sums over all rows, of one element or a fixed number.
  var sumsRows: Bool {
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
}
