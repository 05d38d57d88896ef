internal import ParleyBase
internal import ParleyEngine
internal import ParleyProgram

/// The values of one run. A register is written once (in a reduction's body: once a level) and emptied at its
/// last use, which gives its buffer back to the pool.
struct RegisterFile<E: Engine> {
  private var arith: [E.Arith?]
  private var planes: [E.Plane?]

  init(arithCount: Int, planeCount: Int) {
    arith = Array(repeating: nil, count: arithCount)
    planes = Array(repeating: nil, count: planeCount)
  }

  private static func empty(_ index: Int) -> ParleyError {
    ParleyError(.invariant, "register \(index) is read before it is written or after it was freed")
  }

  subscript(_ register: ArithRegister) -> E.Arith {
    get throws(ParleyError) {
      guard arith.indices.contains(register.index), let value = arith[register.index] else {
        throw Self.empty(register.index)
      }
      return value
    }
  }
  subscript(_ register: PlaneRegister) -> E.Plane {
    get throws(ParleyError) {
      guard planes.indices.contains(register.index), let value = planes[register.index] else {
        throw Self.empty(register.index)
      }
      return value
    }
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

  mutating func write(_ value: E.Arith, to register: ArithRegister) { arith[register.index] = value }
  mutating func write(_ value: E.Plane, to register: PlaneRegister) { planes[register.index] = value }
  mutating func write(_ values: [E.Arith], to list: [ArithRegister]) throws(ParleyError) {
    guard values.count == list.count else { throw Self.shape }
    for (value, register) in zip(values, list) { arith[register.index] = value }
  }
  mutating func write(_ values: [E.Plane], to list: [PlaneRegister]) throws(ParleyError) {
    guard values.count == list.count else { throw Self.shape }
    for (value, register) in zip(values, list) { planes[register.index] = value }
  }
  private static var shape: ParleyError {
    ParleyError(.invariant, "an instruction names more or fewer result registers than it has results")
  }

  mutating func free(_ set: RegisterSet) {
    for index in set.arith { arith[index] = nil }
    for index in set.planes { planes[index] = nil }
  }
}
