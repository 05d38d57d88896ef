internal import ParleyBase
internal import ParleyEngine
internal import ParleyProgram

/// The values of one run. A register is written once (in a reduction's body: once a level) and emptied at its
/// last use, which gives its buffer back to the pool.
struct RegisterFile<E: Engine> {
  private var arith: RegisterBank<E.Arith>
  private var planes: RegisterBank<E.Plane>

  init(arithCount: Int, planeCount: Int) {
    arith = RegisterBank(count: arithCount)
    planes = RegisterBank(count: planeCount)
  }

  subscript(_ register: ArithRegister) -> E.Arith {
    get throws(ParleyError) { try arith.value(at: register.index) }
  }
  subscript(_ register: PlaneRegister) -> E.Plane {
    get throws(ParleyError) { try planes.value(at: register.index) }
  }
  func values(_ list: [PlaneRegister]) throws(ParleyError) -> [E.Plane] {
    var values: [E.Plane] = []
    values.reserveCapacity(list.count)
    for register in list { values.append(try self[register]) }
    return values
  }
  func values(_ list: [ArithRegister]) throws(ParleyError) -> [E.Arith] {
    var values: [E.Arith] = []
    values.reserveCapacity(list.count)
    for register in list { values.append(try self[register]) }
    return values
  }
  func pairs(_ list: [Instruction.PlanePair]) throws(ParleyError) -> [(E.Plane, E.Plane)] {
    var values: [(E.Plane, E.Plane)] = []
    values.reserveCapacity(list.count)
    for pair in list { values.append((try self[pair.a], try self[pair.b])) }
    return values
  }
  func pairs(_ list: [Instruction.ArithPair]) throws(ParleyError) -> [(E.Arith, E.Arith)] {
    var values: [(E.Arith, E.Arith)] = []
    values.reserveCapacity(list.count)
    for pair in list { values.append((try self[pair.a], try self[pair.b])) }
    return values
  }

  func write(_ value: E.Arith, to register: ArithRegister) { arith.write(value, at: register.index) }
  func write(_ value: E.Plane, to register: PlaneRegister) { planes.write(value, at: register.index) }
  func write(_ values: [E.Arith], to list: [ArithRegister]) throws(ParleyError) {
    guard values.count == list.count else { throw Self.shape }
    for index in list.indices { arith.write(values[index], at: list[index].index) }
  }
  func write(_ values: [E.Plane], to list: [PlaneRegister]) throws(ParleyError) {
    guard values.count == list.count else { throw Self.shape }
    for index in list.indices { planes.write(values[index], at: list[index].index) }
  }
  private static var shape: ParleyError {
    ParleyError(.invariant, "an instruction names more or fewer result registers than it has results")
  }

  func free(_ set: RegisterSet) {
    for index in set.arith { arith.empty(index) }
    for index in set.planes { planes.empty(index) }
  }
}

/// Registers of one kind. Thousands of instructions of a study work on a handful of groups, so that a register costs no more
/// than its value: code that is not specialised for an engine would look up the type of an optional at every access.
private final class RegisterBank<Value> {
  private let values: UnsafeMutablePointer<Value>
  /// A buffer and not an array, whose every access by a class is checked at run time to be the only one.
  private let isFilled: UnsafeMutableBufferPointer<Bool>

  init(count: Int) {
    values = .allocate(capacity: count)
    isFilled = .allocate(capacity: count)
    isFilled.initialize(repeating: false)
  }
  deinit {
    for index in isFilled.indices where isFilled[index] { (values + index).deinitialize(count: 1) }
    values.deallocate()
    isFilled.deallocate()
  }

  /// - Precondition: a register of the program, also in optimized builds, where a buffer pointer does not check.
  private func isFilled(_ index: Int) -> Bool {
    precondition(isFilled.indices.contains(index), "a register that the program does not have")
    return isFilled[index]
  }

  func value(at index: Int) throws(ParleyError) -> Value {
    guard isFilled.indices.contains(index), isFilled[index] else {
      throw ParleyError(.invariant, "register \(index) is read before it is written or after it was freed")
    }
    return values[index]
  }
  func write(_ value: Value, at index: Int) {
    if isFilled(index) {
      values[index] = value
    } else {
      (values + index).initialize(to: value)
      isFilled[index] = true
    }
  }
  func empty(_ index: Int) {
    guard isFilled(index) else { return }
    (values + index).deinitialize(count: 1)
    isFilled[index] = false
  }
}
