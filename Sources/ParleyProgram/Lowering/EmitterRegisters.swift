extension Emitter {
  /// Registers are numbered through the bodies of reductions as well, so that one program has one numbering; their
  /// lengths are kept by number.
  final class Registers {
    private(set) var arith: [LengthNumber] = []
    private(set) var planes: [LengthNumber] = []
    /// The program node that each was made for.
    private(set) var arithNodes: [Int32] = []
    private(set) var planeNodes: [Int32] = []
    static let noNode: Int32 = -1

    private var lengths: [Length] = [.fixed(1), .half]
    private var numbers: [Length: LengthNumber] = [.fixed(1): .one, .half: .half]
    /// The length that was asked for last: most come many times in a row.
    private var last = LengthNumber.one

    var count: Int { arith.count + planes.count }

    func newPlane(_ length: LengthNumber, node: Int32) -> PlaneRegister {
      planes.append(length)
      planeNodes.append(node)
      return PlaneRegister(planes.count - 1)
    }
    func newArith(_ length: LengthNumber, node: Int32) -> ArithRegister {
      arith.append(length)
      arithNodes.append(node)
      return ArithRegister(arith.count - 1)
    }

    func length(_ number: LengthNumber) -> Length { lengths[Int(number.rawValue)] }
    func number(of length: Length) -> LengthNumber {
      if lengths[Int(last.rawValue)] == length { return last }
      if let known = numbers[length] {
        last = known
        return known
      }
      last = LengthNumber(rawValue: Int32(lengths.count))
      lengths.append(length)
      numbers[length] = last
      return last
    }
  }
}

/// A length of ``Emitter/Registers``: programs have few different ones, and hundreds of thousands of gates.
struct LengthNumber: Hashable {
  var rawValue: Int32
  static let one = LengthNumber(rawValue: 0)
  static let half = LengthNumber(rawValue: 1)
}

/// What is known of pairs of small numbers, such as which register holds the AND of two: a hash table without the cost of
/// a general one.
struct PairTable {
  /// Plus 1; 0 where a place is free.
  private var keys: [UInt64] = []
  private var values: [Int32] = []
  private var count = 0

  /// The place of the key, or the free one where it would be. There is one.
  private func place(_ key: UInt64) -> Int {
    // Steele, Lea, Flood: Fast splittable pseudorandom number generators (OOPSLA 2014).
    var z = key &* 0x9e37_79b9_7f4a_7c15
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    var place = Int(truncatingIfNeeded: z ^ z >> 31) & (keys.count - 1)
    while keys[place] != 0 && keys[place] != key { place = (place + 1) & (keys.count - 1) }
    return place
  }

  /// - Parameters:
  ///   - a, b: from 0 and below 2^31.
  subscript(_ a: Int, _ b: Int) -> Int? {
    get {
      guard count > 0 else { return nil }
      let place = place(Self.key(a, b))
      return keys[place] == 0 ? nil : Int(values[place])
    }
    set {
      guard let newValue else { return }
      if 2 * count >= keys.count { grow() }
      let key = Self.key(a, b)
      let place = place(key)
      if keys[place] == 0 { count += 1 }
      keys[place] = key
      values[place] = Int32(newValue)
    }
  }
  private static func key(_ a: Int, _ b: Int) -> UInt64 { UInt64(a) << 32 | UInt64(b) + 1 }

  private mutating func grow() {
    let (oldKeys, oldValues) = (keys, values)
    let size = max(16, 2 * keys.count)
    keys = Array(repeating: 0, count: size)
    values = Array(repeating: 0, count: size)
    for (index, key) in oldKeys.enumerated() where key != 0 {
      let place = place(key)
      keys[place] = key
      values[place] = oldValues[index]
    }
  }
}

/// Values by register number, 0 where there is none. Registers of one list of operations stand close together among those
/// of a program.
struct RegisterValues {
  private let first: Int
  private var values: [Int32]

  /// - Parameter bounds: the smallest and the largest register that gets a value.
  init(_ bounds: ClosedRange<Int>?) {
    first = bounds?.lowerBound ?? 0
    values = Array(repeating: 0, count: bounds?.count ?? 0)
  }
  subscript(_ register: Int) -> Int32 {
    get {
      let index = register - first
      return index >= 0 && index < values.count ? values[index] : 0
    }
    set { values[register - first] = newValue }
  }
}

/// The registers that operations write.
struct WrittenRegisters {
  private(set) var planes: ClosedRange<Int>?
  private(set) var arith: ClosedRange<Int>?

  init(_ operations: [RawOperation]) {
    for operation in operations {
      operation.forEachPlaneWritten { planes = Self.including($0.index, planes) }
      guard case .general(let general) = operation.body else { continue }
      for register in general.arithOut { arith = Self.including(register.index, arith) }
    }
  }
  static func including(_ register: Int, _ bounds: ClosedRange<Int>?) -> ClosedRange<Int> {
    guard let bounds else { return register...register }
    return min(bounds.lowerBound, register)...max(bounds.upperBound, register)
  }
}
