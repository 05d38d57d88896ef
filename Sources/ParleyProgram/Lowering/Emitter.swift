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

/// An instruction before it is scheduled. Programs have hundreds of thousands of gates, so a gate is kept without any
/// list of its own.
struct RawOperation {
  enum Body {
    case xor(PlaneRegister, PlaneRegister, out: PlaneRegister)
    case and(PlaneRegister, PlaneRegister, out: PlaneRegister)
    case not(PlaneRegister, out: PlaneRegister)
    case general(General)
  }
  /// Everything but gates.
  final class General {
    let kind: Instruction.Kind
    let arithIn: [ArithRegister]
    let planesIn: [PlaneRegister]
    let arithOut: [ArithRegister]
    let planesOut: [PlaneRegister]
    /// For a reduction, whose `kind` the scheduler makes.
    let reduction: PendingReduction?
    /// What an algorithm applies to rows; the scheduler puts the instructions in order.
    let functions: [PendingFunction]
    /// One pass of a loop; the scheduler puts it in order.
    let pass: [RawOperation]

    init(
      _ kind: Instruction.Kind, arithIn: [ArithRegister], planesIn: [PlaneRegister], arithOut: [ArithRegister],
      planesOut: [PlaneRegister], reduction: PendingReduction? = nil, functions: [PendingFunction] = [],
      pass: [RawOperation] = []
    ) {
      self.functions = functions
      self.pass = pass
      self.kind = kind
      self.arithIn = arithIn
      self.planesIn = planesIn
      self.arithOut = arithOut
      self.planesOut = planesOut
      self.reduction = reduction
    }
  }
  var body: Body
  var length: LengthNumber
  /// The node of the program; ``Emitter/Registers/noNode`` for none.
  var node: Int32
}

/// The body of a reduction before it is merged with others of its length and scheduled.
struct PendingReduction {
  var low: [PlaneRegister]
  var high: [PlaneRegister]
  var combined: [PlaneRegister]
  var operations: [RawOperation]
}

/// A ``RowFunction`` before its instructions are scheduled.
struct PendingFunction {
  var low: RowBundle
  var high: RowBundle
  var result: RowBundle
  var operations: [RawOperation]
}

/// Allocates registers and collects unscheduled operations; equal operations are emitted once.
final class Emitter {
  /// Planes that are AND-ed or XOR-ed together in one instruction when they fall into the same round.
  private(set) var operations: [RawOperation] = []
  let registers: Registers
  /// The program node operations are emitted for.
  var node: Int? {
    get { owner ?? current }
    set { current = newValue }
  }
  private var current: Int?
  /// In a pass of a loop: the loop, which all operations are emitted for.
  let owner: Int?

  private var knownAnd = PairTable()
  private var knownXor = PairTable()
  /// By the plane twice.
  private var knownNot = PairTable()
  private var knownConstant: [Bool: PlaneRegister] = [:]

  init(registers: Registers = Registers(), node: Int? = nil, owner: Int? = nil) {
    self.registers = registers
    self.owner = owner
    current = node
  }

  func length(of register: PlaneRegister) -> Length { registers.length(number(of: register)) }
  func length(of register: ArithRegister) -> Length { registers.length(number(of: register)) }
  private func number(of register: PlaneRegister) -> LengthNumber { registers.planes[register.index] }
  private func number(of register: ArithRegister) -> LengthNumber { registers.arith[register.index] }
  /// Whether the register has as many elements as `length` says.
  func has(_ register: PlaneRegister, _ length: Length) -> Bool {
    number(of: register) == registers.number(of: length)
  }
  func has(_ register: ArithRegister, _ length: Length) -> Bool {
    number(of: register) == registers.number(of: length)
  }
  func isSingle(_ register: PlaneRegister) -> Bool { number(of: register) == .one }

  private var nodeNumber: Int32 { node.map { Int32($0) } ?? Registers.noNode }

  func newPlane(_ length: Length) -> PlaneRegister { newPlane(number: registers.number(of: length)) }
  func newArith(_ length: Length) -> ArithRegister {
    registers.newArith(registers.number(of: length), node: nodeNumber)
  }
  func newPlane(number: LengthNumber) -> PlaneRegister { registers.newPlane(number, node: nodeNumber) }

  func emit(
    _ kind: Instruction.Kind, _ length: Length, arithIn: [ArithRegister] = [],
    planesIn: [PlaneRegister] = [], arithOut: [ArithRegister] = [], planesOut: [PlaneRegister] = []
  ) {
    emit(
      .general(.init(kind, arithIn: arithIn, planesIn: planesIn, arithOut: arithOut, planesOut: planesOut)),
      length)
  }

  func emit(_ body: RawOperation.Body, _ length: Length) { emit(body, registers.number(of: length)) }
  private func emit(_ body: RawOperation.Body, _ length: LengthNumber) {
    operations.append(RawOperation(body: body, length: length, node: nodeNumber))
  }

  func emitReduction(
    state: [PlaneRegister], out: [PlaneRegister], length: Length, body: PendingReduction
  ) {
    emit(
      .general(
        .init(.xor([], out: []), arithIn: [], planesIn: state, arithOut: [], planesOut: out, reduction: body)),
      length)
  }

  /// The longer of two lengths; a length of one is repeated.
  private func joined(_ a: LengthNumber, _ b: LengthNumber) -> LengthNumber { a == .one ? b : a }

  func length(_ bit: Bit) -> Length {
    if case .plane(let register) = bit.source { self.length(of: register) } else { .fixed(1) }
  }

  // MARK: Gates

  func xor(_ a: Bit, _ b: Bit) -> Bit {
    if let value = a.known { return value ? !b : b }
    if let value = b.known { return value ? !a : a }
    guard case .plane(let x) = a.source, case .plane(let y) = b.source else { return .zero }
    let inverted = a.inverted != b.inverted
    if x == y { return .constant(inverted) }
    let (first, last) = (min(x.index, y.index), max(x.index, y.index))
    if let register = knownXor[first, last] {
      return Bit(source: .plane(PlaneRegister(register)), inverted: inverted)
    }
    let length = joined(number(of: x), number(of: y))
    let out = newPlane(number: length)
    emit(.xor(x, y, out: out), length)
    knownXor[first, last] = out.index
    return Bit(source: .plane(out), inverted: inverted)
  }

  func and(_ a: Bit, _ b: Bit) -> Bit {
    if let value = a.known { return value ? b : .zero }
    if let value = b.known { return value ? a : .zero }
    guard case .plane(let p) = a.source, case .plane(let q) = b.source else { return .zero }
    if p == q { return a.inverted == b.inverted ? a : .zero }
    let x = materialised(a), y = materialised(b)
    let (first, last) = (min(x.index, y.index), max(x.index, y.index))
    if let register = knownAnd[first, last] { return .plane(PlaneRegister(register)) }
    let length = joined(number(of: x), number(of: y))
    let out = newPlane(number: length)
    emit(.and(x, y, out: out), length)
    knownAnd[first, last] = out.index
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
      if let known = knownNot[register.index, register.index] { return PlaneRegister(known) }
      let length = number(of: register)
      let out = newPlane(number: length)
      emit(.not(register, out: out), length)
      knownNot[register.index, register.index] = out.index
      return out
    }
  }

  /// A plane of exactly `length`: constants and planes of length 1 are repeated.
  func materialised(_ bit: Bit, length: Length) -> PlaneRegister {
    materialised(bit, number: registers.number(of: length))
  }
  func materialised(_ bit: Bit, number: LengthNumber) -> PlaneRegister {
    let register = materialised(bit)
    guard self.number(of: register) != number else { return register }
    let out = newPlane(number: number)
    emit(
      .repeatPlanes([register], out: [out]), registers.length(number), planesIn: [register], planesOut: [out])
    return out
  }

  /// The rows of one holder; `length` is its part.
  func slice(_ bit: Bit, _ length: Length) -> Bit {
    guard case .plane(let register) = bit.source else { return bit }
    let out = newPlane(length)
    emit(.slicePlanes([register], out: [out]), length, planesIn: [register], planesOut: [out])
    return Bit(source: .plane(out), inverted: bit.inverted)
  }

  // MARK: Ring words

  /// Σ factor·term + constant; a single unscaled term is returned as it is.
  func linear(_ terms: [(ArithRegister, UInt64)], constant: UInt64 = 0) -> ArithRegister {
    let merged = merge(terms)
    if merged.count == 1, merged[0].factor == 1, constant == 0 { return merged[0].register }
    let length = registers.length(merged.reduce(.one) { joined($0, number(of: $1.register)) })
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
    let length = registers.length(joined(number(of: a), number(of: b)))
    let out = newArith(length)
    emit(.multiply([.init(a, b)], out: [out]), length, arithIn: [a, b], arithOut: [out])
    return out
  }

  /// Σ of the elementwise products of the pairs; a register of length 1 is repeated.
  func productSum(_ pairs: [(ArithRegister, ArithRegister)]) -> ArithRegister {
    if pairs.count == 1 { return multiply(pairs[0].0, pairs[0].1) }
    let length = registers.length(
      pairs.reduce(.one) { joined($0, joined(number(of: $1.0), number(of: $1.1))) })
    let out = newArith(length)
    emit(
      .productSums([pairs.map { .init($0.0, $0.1) }], out: [out]), length,
      arithIn: pairs.flatMap { [$0.0, $0.1] }, arithOut: [out])
    return out
  }

  /// Σ over pairs and elements of the products.
  func innerProduct(_ pairs: [(ArithRegister, ArithRegister)]) -> ArithRegister {
    let length = registers.length(
      pairs.reduce(.one) { joined($0, joined(number(of: $1.0), number(of: $1.1))) })
    let out = newArith(.fixed(1))
    emit(
      .innerProducts([pairs.map { .init($0.0, $0.1) }], out: [out]), length,
      arithIn: pairs.flatMap { [$0.0, $0.1] }, arithOut: [out])
    return out
  }

  func sumRows(_ a: ArithRegister) -> ArithRegister {
    guard number(of: a) != .one else { return a }
    let out = newArith(.fixed(1))
    emit(.sumRows(a, out: out), self.length(of: a), arithIn: [a], arithOut: [out])
    return out
  }

  /// The low `width` bits of each summand of `a`.
  func summands(_ a: ArithRegister, width: Int, count: Int) -> [[Bit]] {
    let length = self.length(of: a)
    let out = (0..<count).map { _ in (0..<width).map { _ in newPlane(length) } }
    emit(
      .summands(a, width: width, out: out), length, arithIn: [a], planesOut: out.flatMap(\.self))
    return out.map { $0.map(Bit.plane) }
  }

  /// Each summand of `a`, shifted right by `bits` as an unsigned word.
  func shiftedSummands(_ a: ArithRegister, bits: Int, count: Int) -> [ArithRegister] {
    let length = self.length(of: a)
    let out = (0..<count).map { _ in newArith(length) }
    emit(.shiftedSummands(a, bits: bits, out: out), length, arithIn: [a], arithOut: out)
    return out
  }

  /// Bits whose XOR is `bit`, as ring words.
  func bitSummands(_ register: PlaneRegister, count: Int) -> [ArithRegister] {
    let length = self.length(of: register)
    let out = (0..<count).map { _ in newArith(length) }
    emit(.bitSummands([register], out: [out]), length, planesIn: [register], arithOut: out)
    return out
  }
}
