public import BigInt
public import ParleyBase

extension Program {
  /// Public integers by the number of a row, i = 0, 1, …: what rows are multiplied with where their place is public, as it is after a
  /// sort. They are computed at run time from i alone, in exact integers, the same at every party.
  ///
  /// `bits` is f, 1 to 60. ⌊x⌉ is the nearest integer, the greater one where two are as near. In a table that is sorted by descending time row i
  /// has i + 1 rows at risk, so that these are the coefficients of survival curves.
  public enum PublicSequence: Hashable, Sendable {
    /// i.
    case index
    /// ⌊2^f / (i + 1)⌉.
    case reciprocal(bits: Int)
    /// ⌊2^f / i⌉; 0 in row 0.
    case reciprocalBelow(bits: Int)
    /// ⌊2^f / (i + 1)²⌉.
    case inverseSquare(bits: Int)
    /// ⌊2^f / (i · (i + 1))⌉; 0 in row 0.
    case greenwood(bits: Int)
    /// 2^f · ln(i / (i + 1)), to less than one; 0 in row 0, where it would be −∞.
    case logSurvival(bits: Int)
    /// These numbers, of a shape with as many rows.
    case numbers([Int64])

    /// The fraction bits; nil for whole numbers.
    var bits: Int? {
      switch self {
      case .index, .numbers: nil
      case .reciprocal(let bits), .reciprocalBelow(let bits), .inverseSquare(let bits), .greenwood(let bits),
        .logSurvival(let bits):
        bits
      }
    }

    /// The first `count` numbers.
    public func values(_ count: Int) -> [Int64] {
      if case .numbers(let list) = self { return Array(list.prefix(count)) }
      return (0..<count).map { value(at: UInt64($0)) }
    }

    private func value(at row: UInt64) -> Int64 {
      switch self {
      case .index: Int64(row)
      case .reciprocal(let bits): Self.nearest(bits, UInt128(row + 1))
      case .reciprocalBelow(let bits): Self.nearest(bits, UInt128(row))
      case .inverseSquare(let bits): Self.nearest(bits, UInt128(row + 1) * UInt128(row + 1))
      case .greenwood(let bits): Self.nearest(bits, UInt128(row) * UInt128(row + 1))
      case .logSurvival(let bits): Self.logarithm(bits, row)
      case .numbers(let list): list[Int(row)]
      }
    }

    private static func nearest(_ bits: Int, _ divisor: UInt128) -> Int64 {
      divisor == 0 ? 0 : Int64((UInt128(1) << UInt128(bits + 1) + divisor) / (2 * divisor))
    }

    /// ln((i + 1) / i) = 2·Σ 1 / ((2k + 1)·m^(2k + 1)) with m = 2i + 1, in integers with 32 bits more. Every term is cut off by less than two units
    /// of these, and there are fewer than 64, so that the result is off by less than one half and 2^-25.
    private static func logarithm(_ bits: Int, _ row: UInt64) -> Int64 {
      guard row > 0 else { return 0 }
      let square = UInt128(2 * row + 1) * UInt128(2 * row + 1)
      var power = UInt128(1) << UInt128(bits + 33) / UInt128(2 * row + 1)
      var sum: UInt128 = 0
      var odd: UInt128 = 1
      while power > 0 {
        sum += power / odd
        power /= square
        odd += 2
      }
      return -Int64((sum + 1 << 31) >> 32)
    }

    /// Bounds of any of the first `count` numbers, 0 among them.
    func range(_ count: BigInt) -> Interval {
      switch self {
      case .index: Interval(0, max(count - 1, 0))
      case .reciprocal(let bits), .reciprocalBelow(let bits), .inverseSquare(let bits), .greenwood(let bits):
        Interval(0, BigInt(1) << bits)
      case .logSurvival(let bits): Interval(-(BigInt(1) << bits), 0)
      case .numbers(let list): Interval(BigInt(min(list.min() ?? 0, 0)), BigInt(max(list.max() ?? 0, 0)))
      }
    }

    /// Bounds of the sum of any of the first `count` numbers, or of fewer rows: the sums of the negative and of the positive ones, by
    /// ``Lemma/subsetSum``.
    public func sums(_ count: BigInt) -> Interval {
      let range = range(count)
      // They are not added up one by one for more rows than any run has.
      guard count <= 1 << 24 else { return Interval(range.lower * count, range.upper * count) }
      var (lower, upper) = (BigInt(0), BigInt(0))
      for value in values(Int(count)) { if value < 0 { lower += BigInt(value) } else { upper += BigInt(value) } }
      return Interval(lower, upper)
    }
  }
}

extension ProgramBuilder {
  /// Row i times number i of a public sequence, for a value with a row for every row of a table or a fixed number of them. Takes no message on
  /// engines with ring words. Range: the products of the ends of both ranges.
  ///
  /// - Throws: `plan/sequence` for fraction bits other than 1 to 60, and for numbers that are not as many as the rows.
  public mutating func scale(
    _ a: NodeID, byPosition sequence: Program.PublicSequence
  ) throws(ParleyError) -> NodeID {
    let type = program[a].type
    if let bits = sequence.bits, !(1...60).contains(bits) {
      throw refusal("sequence", "public numbers with \(bits) fraction bits", "take 1 to 60")
    }
    if case .numbers(let list) = sequence, type.shape != .fixed(list.count) {
      throw refusal(
        "sequence", "\(list.count) public numbers for a value of another length", "give one for each row")
    }
    let interval = try range(a) * sequence.range(elements(type.shape))
    return append(.positional(a, sequence), .init(.integer(interval), type.shape))
  }

  /// The numbers of a public sequence themselves, one for each row of `shape`.
  public mutating func positional(
    _ sequence: Program.PublicSequence, over shape: Program.Shape
  ) throws(ParleyError) -> NodeID {
    try scale(try spread(constant(1), over: shape), byPosition: sequence)
  }

  /// The sum of a public sequence over the rows in which a bit is set. Its range is that of the lemma on such sums, for the largest number of
  /// rows, and not the number of rows times the largest number.
  public mutating func sum(
    of sequence: Program.PublicSequence, where bit: NodeID
  ) throws(ParleyError) -> NodeID {
    try requireBit(bit)
    let numbers = try scale(try integer(fromBit: bit), byPosition: sequence)
    return try known(
      try sum(numbers), within: sequence.sums(elements(program[bit].type.shape)), by: .subsetSum)
  }

  /// Bit `place` of the two's complement of an integer, 0 being the lowest: the sign from the highest bit of the range on.
  ///
  /// - Throws: `plan/index` where `place` is negative, `plan/type` for a bit.
  public mutating func bit(_ a: NodeID, at place: Int) throws(ParleyError) -> NodeID {
    let range = try range(a)
    guard place >= 0 else { throw refusal("index", "bit \(place) of a number", "count bits from 0, the lowest") }
    let place = min(place, range.signedWidth - 1)
    if let value = constantValue(a) { return constant((value >> place) & 1 == 1) }
    if place == range.signedWidth - 1, range.lower >= 0 { return constant(false) }
    return append(.bit(a, at: place), .init(.bit, program[a].type.shape))
  }

  /// Elements of a fixed-shape value at public places, in any order and as often as wanted: a transpose, a diagonal, a triangle. Takes no
  /// message. Range: the operand's.
  ///
  /// - Throws: `plan/shape` for a value that has a row for every row of a table, `plan/index` for a place that it has not, `plan/empty` for none.
  public mutating func pick(_ a: NodeID, _ places: [Int]) throws(ParleyError) -> NodeID {
    let type = program[a].type
    guard case .fixed(let count) = type.shape else {
      throw refusal(
        "shape", "rows of a table at public places would name them", "pick from a value of a fixed length")
    }
    guard !places.isEmpty else { throw refusal("empty", "nothing to pick", "give at least one place") }
    for place in places where !(0..<count).contains(place) {
      throw refusal("index", "place \(place) of \(count) values", "count from 0")
    }
    if places == Array(0..<count) { return a }
    if places.count == 1 { return try element(a, at: places[0]) }
    return append(.pick(a, places), .init(type.sort, .fixed(places.count)))
  }
}
