/// One bit of a secret vector while a program is lowered: a public constant, or a plane that may be read inverted.
///
/// Inversion is free to carry and costs a local pass only where an AND needs the plane itself.
struct Bit: Hashable {
  enum Source: Hashable {
    case constant
    case plane(PlaneRegister)
  }
  var source: Source
  var inverted: Bool

  static let zero = Bit(source: .constant, inverted: false)
  static let one = Bit(source: .constant, inverted: true)
  static func constant(_ value: Bool) -> Bit { value ? one : zero }
  static func plane(_ register: PlaneRegister) -> Bit { Bit(source: .plane(register), inverted: false) }

  static prefix func ! (bit: Bit) -> Bit { Bit(source: bit.source, inverted: !bit.inverted) }
  /// The value of a public constant, nil for a plane.
  var known: Bool? { source == .constant ? inverted : nil }
}

/// An instruction before it is scheduled.
struct RawOperation {
  var kind: Instruction.Kind
  var length: Length
  var node: Int?
  var arithIn: [ArithRegister]
  var planesIn: [PlaneRegister]
  var arithOut: [ArithRegister]
  var planesOut: [PlaneRegister]
  /// For a reduction, whose `kind` the scheduler makes.
  var reduction: PendingReduction?
}

/// The body of a reduction before it is merged with others of its length and scheduled.
struct PendingReduction {
  var low: [PlaneRegister]
  var high: [PlaneRegister]
  var combined: [PlaneRegister]
  var operations: [RawOperation]
}

/// Allocates registers and collects unscheduled operations; equal operations are emitted once.
final class Emitter {
  /// Register numbers are shared with the bodies of reductions, so that one program has one numbering.
  final class Registers {
    var arith = 0
    var planes = 0
  }
  private struct PairKey: Hashable {
    var a: Int
    var b: Int
  }
  /// Planes that are AND-ed or XOR-ed together in one instruction when they fall into the same round.
  private(set) var operations: [RawOperation] = []
  private(set) var planeLength: [PlaneRegister: Length] = [:]
  private(set) var arithLength: [ArithRegister: Length] = [:]
  let registers: Registers
  /// The program node operations are emitted for.
  var node: Int?

  private var knownAnd: [PairKey: PlaneRegister] = [:]
  private var knownXor: [PairKey: PlaneRegister] = [:]
  private var knownNot: [PlaneRegister: PlaneRegister] = [:]
  private var knownConstant: [Bool: PlaneRegister] = [:]

  init(registers: Registers = Registers()) { self.registers = registers }

  func newPlane(_ length: Length) -> PlaneRegister {
    defer { registers.planes += 1 }
    let register = PlaneRegister(registers.planes)
    planeLength[register] = length
    return register
  }
  func newArith(_ length: Length) -> ArithRegister {
    defer { registers.arith += 1 }
    let register = ArithRegister(registers.arith)
    arithLength[register] = length
    return register
  }

  func emit(
    _ kind: Instruction.Kind, _ length: Length, arithIn: [ArithRegister] = [],
    planesIn: [PlaneRegister] = [], arithOut: [ArithRegister] = [], planesOut: [PlaneRegister] = []
  ) {
    operations.append(
      RawOperation(
        kind: kind, length: length, node: node, arithIn: arithIn, planesIn: planesIn, arithOut: arithOut,
        planesOut: planesOut, reduction: nil))
  }

  func emitReduction(
    state: [PlaneRegister], out: [PlaneRegister], length: Length, body: PendingReduction
  ) {
    operations.append(
      RawOperation(
        kind: .xor([], out: []), length: length, node: node, arithIn: [], planesIn: state, arithOut: [],
        planesOut: out, reduction: body))
  }

  /// The longer of two lengths; a length of one is repeated.
  func joined(_ a: Length, _ b: Length) -> Length { a == .fixed(1) ? b : a }

  func length(_ bit: Bit) -> Length {
    if case .plane(let register) = bit.source { planeLength[register]! } else { .fixed(1) }
  }

  // MARK: Gates

  func xor(_ a: Bit, _ b: Bit) -> Bit {
    if let value = a.known { return value ? !b : b }
    if let value = b.known { return value ? !a : a }
    guard case .plane(let x) = a.source, case .plane(let y) = b.source else { return .zero }
    let inverted = a.inverted != b.inverted
    if x == y { return .constant(inverted) }
    let key = PairKey(a: min(x.index, y.index), b: max(x.index, y.index))
    if let register = knownXor[key] { return Bit(source: .plane(register), inverted: inverted) }
    let length = joined(planeLength[x]!, planeLength[y]!)
    let out = newPlane(length)
    emit(.xor([.init(x, y)], out: [out]), length, planesIn: [x, y], planesOut: [out])
    knownXor[key] = out
    return Bit(source: .plane(out), inverted: inverted)
  }

  func and(_ a: Bit, _ b: Bit) -> Bit {
    if let value = a.known { return value ? b : .zero }
    if let value = b.known { return value ? a : .zero }
    guard case .plane(let p) = a.source, case .plane(let q) = b.source else { return .zero }
    if p == q { return a.inverted == b.inverted ? a : .zero }
    let x = materialised(a), y = materialised(b)
    let key = PairKey(a: min(x.index, y.index), b: max(x.index, y.index))
    if let register = knownAnd[key] { return .plane(register) }
    let length = joined(planeLength[x]!, planeLength[y]!)
    let out = newPlane(length)
    emit(.and([.init(x, y)], out: [out]), length, planesIn: [x, y], planesOut: [out])
    knownAnd[key] = out
    return .plane(out)
  }

  func or(_ a: Bit, _ b: Bit) -> Bit { !and(!a, !b) }

  /// `condition ? a : b` with one AND.
  func select(_ condition: Bit, _ a: Bit, _ b: Bit) -> Bit {
    if let value = condition.known { return value ? a : b }
    return xor(b, and(condition, xor(a, b)))
  }

  /// The plane itself, with an inversion carried out and a constant made a plane of length 1.
  func materialised(_ bit: Bit) -> PlaneRegister {
    switch bit.source {
    case .constant:
      if let register = knownConstant[bit.inverted] { return register }
      let out = newPlane(.fixed(1))
      emit(.constantPlane(bit.inverted, out: out), .fixed(1), planesOut: [out])
      knownConstant[bit.inverted] = out
      return out
    case .plane(let register):
      guard bit.inverted else { return register }
      if let known = knownNot[register] { return known }
      let length = planeLength[register]!
      let out = newPlane(length)
      emit(.not([register], out: [out]), length, planesIn: [register], planesOut: [out])
      knownNot[register] = out
      return out
    }
  }

  /// A plane of exactly `length`: constants and planes of length 1 are repeated.
  func materialised(_ bit: Bit, length: Length) -> PlaneRegister {
    let register = materialised(bit)
    guard planeLength[register]! != length else { return register }
    let out = newPlane(length)
    emit(.repeatPlanes([register], out: [out]), length, planesIn: [register], planesOut: [out])
    return out
  }

  // MARK: Ring words

  /// Σ factor·term + constant; a single unscaled term is returned as it is.
  func linear(_ terms: [(ArithRegister, UInt64)], constant: UInt64 = 0) -> ArithRegister {
    let merged = merge(terms)
    if merged.count == 1, merged[0].factor == 1, constant == 0 { return merged[0].register }
    let length = merged.reduce(Length.fixed(1)) { joined($0, arithLength[$1.register]!) }
    let out = newArith(length)
    if merged.isEmpty {
      emit(.constantArith(constant, out: out), length, arithOut: [out])
    } else {
      emit(
        .linear(terms: merged, constant: constant, out: out), length, arithIn: merged.map(\.register),
        arithOut: [out])
    }
    return out
  }

  private func merge(_ terms: [(ArithRegister, UInt64)]) -> [Instruction.Term] {
    var result: [Instruction.Term] = []
    for (register, factor) in terms {
      if let index = result.firstIndex(where: { $0.register == register }) {
        result[index].factor &+= factor
      } else {
        result.append(.init(register, factor))
      }
    }
    return result.filter { $0.factor != 0 }
  }

  func multiply(_ a: ArithRegister, _ b: ArithRegister) -> ArithRegister {
    let length = joined(arithLength[a]!, arithLength[b]!)
    let out = newArith(length)
    emit(.multiply([.init(a, b)], out: [out]), length, arithIn: [a, b], arithOut: [out])
    return out
  }

  /// Σ over pairs and elements of the products.
  func innerProduct(_ pairs: [(ArithRegister, ArithRegister)]) -> ArithRegister {
    let length = pairs.reduce(Length.fixed(1)) {
      joined($0, joined(arithLength[$1.0]!, arithLength[$1.1]!))
    }
    let out = newArith(.fixed(1))
    emit(
      .innerProducts([pairs.map { .init($0.0, $0.1) }], out: [out]), length,
      arithIn: pairs.flatMap { [$0.0, $0.1] }, arithOut: [out])
    return out
  }

  func sumRows(_ a: ArithRegister) -> ArithRegister {
    guard arithLength[a]! != .fixed(1) else { return a }
    let out = newArith(.fixed(1))
    emit(.sumRows(a, out: out), arithLength[a]!, arithIn: [a], arithOut: [out])
    return out
  }

  /// The low `width` bits of each summand of `a`.
  func summands(_ a: ArithRegister, width: Int, count: Int) -> [[Bit]] {
    let length = arithLength[a]!
    let out = (0..<count).map { _ in (0..<width).map { _ in newPlane(length) } }
    emit(
      .summands(a, width: width, out: out), length, arithIn: [a], planesOut: out.flatMap(\.self))
    return out.map { $0.map(Bit.plane) }
  }

  /// Each summand of `a`, shifted right by `bits` as an unsigned word.
  func shiftedSummands(_ a: ArithRegister, bits: Int, count: Int) -> [ArithRegister] {
    let length = arithLength[a]!
    let out = (0..<count).map { _ in newArith(length) }
    emit(.shiftedSummands(a, bits: bits, out: out), length, arithIn: [a], arithOut: out)
    return out
  }

  /// Bits whose XOR is `bit`, as ring words.
  func bitSummands(_ register: PlaneRegister, count: Int) -> [ArithRegister] {
    let length = planeLength[register]!
    let out = (0..<count).map { _ in newArith(length) }
    emit(.bitSummands([register], out: [out]), length, planesIn: [register], arithOut: out)
    return out
  }
}
