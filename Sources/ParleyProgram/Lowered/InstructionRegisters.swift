/// The registers an instruction touches, by domain.
package struct RegisterSet: Sendable {
  /// No registers.
  package init() {}
  /// Numbers of registers of ring words, some perhaps more than once.
  package var arith: [Int] = []
  /// Numbers of registers of planes, some perhaps more than once.
  package var planes: [Int] = []

  /// Adds one register.
  package mutating func add(_ register: ArithRegister) { arith.append(register.index) }
  /// Adds one register.
  package mutating func add(_ register: PlaneRegister) { planes.append(register.index) }
  /// Adds registers.
  package mutating func add(_ registers: some Sequence<ArithRegister>) { arith += registers.map(\.index) }
  /// Adds registers.
  package mutating func add(_ registers: some Sequence<PlaneRegister>) { planes += registers.map(\.index) }
  /// Adds all columns of the bundle.
  package mutating func add(_ bundle: RowBundle) {
    add(bundle.arith)
    add(bundle.planes)
  }
  /// Adds all registers of another set.
  package mutating func add(_ other: RegisterSet) {
    arith += other.arith
    planes += other.planes
  }
}

extension Instruction {
  /// Registers that execution reads. Those of a reduction's body that the body itself writes do not count.
  package var operandRegisters: RegisterSet {
    var set = RegisterSet()
    switch kind {
    case .inputArith, .inputPlanes, .constantArith, .constantPlane: break
    case .linear(let terms, _, _): set.add(terms.lazy.map(\.register))
    case .sumRows(let a, _), .elementArith(let a, _, _): set.add(a)
    case .stackArith(let list, _): set.add(list)
    case .xor(let pairs, _), .and(let pairs, _):
      for pair in pairs {
        set.add(pair.a)
        set.add(pair.b)
      }
    case .not(let list, _), .elementPlanes(let list, _, _), .repeatPlanes(let list, _),
      .slicePlanes(let list, _):
      set.add(list)
    case .stackPlanes(let lists, _): set.add(lists.joined())
    case .multiply(let pairs, _): for pair in pairs { set.add([pair.a, pair.b]) }
    case .innerProducts(let lists, _), .productSums(let lists, _):
      for pair in lists.joined() { set.add([pair.a, pair.b]) }
    case .matrixProduct(let a, let b, _, _, _, _): set.add([a, b])
    case .columnProduct(let left, let right, _): set.add(left + right)
    case .summands(let a, _, _), .shiftedSummands(let a, _, _): set.add(a)
    case .bitSummands(let list, _): set.add(list)
    case .reduce(let state, let body, _):
      set.add(state)
      set.add(body.outerRegisters)
    case .sum(_, let sums, _): for sum in sums { set.add(sum.columns.joined()) }
    case .concatenateArith(let list, _): set.add(list)
    case .concatenatePlanes(let lists, _): set.add(lists.joined())
    case .firstRow, .publicPlanes, .randomPlanes: break
    case .runningSum(let a, _), .scaleRows(let a, _, _): set.add(a)
    case .moveRows(_, let rows, _, _), .shuffle(let rows, _), .scan(_, let rows, _),
      .network(_, let rows, _, _):
      set.add(rows)
    case .sort(let keys, _, _, let rows, _), .radix(let keys, _, let rows, _):
      set.add(keys)
      set.add(rows)
    case .chunked(_, let columns):
      set.add(columns.rows)
      set.add(columns.shared)
    case .repeated(let loop):
      set.add(loop.initial)
      set.add(loop.shared)
    case .openVerdicts(let plane): set.add(plane)
    case .openArith(let a, _): set.add(a)
    case .openPlanes(let list, _): set.add(list)
    }
    return set
  }

  /// Registers that execution writes.
  package var resultRegisters: RegisterSet {
    var set = RegisterSet()
    switch kind {
    case .inputArith(_, let out), .constantArith(_, let out), .linear(_, _, let out), .sumRows(_, let out),
      .stackArith(_, let out), .elementArith(_, _, let out), .matrixProduct(_, _, _, _, _, let out),
      .columnProduct(_, _, let out):
      set.add(out)
    case .inputPlanes(_, _, let out), .xor(_, let out), .not(_, let out), .stackPlanes(_, let out),
      .elementPlanes(_, _, let out), .repeatPlanes(_, let out), .slicePlanes(_, let out), .and(_, let out),
      .reduce(_, _, let out):
      set.add(out)
    case .constantPlane(_, let out): set.add(out)
    case .multiply(_, let out), .productSums(_, let out), .innerProducts(_, let out),
      .shiftedSummands(_, _, let out):
      set.add(out)
    case .summands(_, _, let out): set.add(out.joined())
    case .bitSummands(_, let out): set.add(out.joined())
    case .sum(_, let sums, _): for sum in sums { set.add(sum.out.joined()) }
    case .concatenateArith(_, let out), .runningSum(_, let out), .scaleRows(_, _, let out): set.add(out)
    case .concatenatePlanes(_, let out): set.add(out)
    case .firstRow(let out): set.add(out)
    case .publicPlanes(_, let out), .randomPlanes(let out): set.add(out)
    case .moveRows(_, _, _, let out), .shuffle(_, let out), .sort(_, _, _, _, let out),
      .radix(_, _, _, let out), .network(_, _, _, let out), .scan(_, _, let out):
      set.add(out)
    case .chunked(_, let columns):
      set.add(columns.results)
    case .repeated(let loop): set.add(loop.out)
    case .openVerdicts, .openArith, .openPlanes: break
    }
    return set
  }

  /// Whether holders deal its result.
  package var isInput: Bool {
    switch kind {
    case .inputArith, .inputPlanes: true
    default: false
    }
  }
  /// Whether it opens a value.
  package var isOpening: Bool {
    switch kind {
    case .openVerdicts, .openArith, .openPlanes: true
    default: false
    }
  }
}

extension Instruction.ReductionBody {
  /// Registers that the body reads and something outside it wrote (constants, thresholds).
  package var outerRegisters: RegisterSet {
    var own = Set((low + high).map(\.index))
    var ownArith: Set<Int> = []
    var outer = RegisterSet()
    for instruction in instructions {
      let read = instruction.operandRegisters
      outer.planes += read.planes.filter { !own.contains($0) }
      outer.arith += read.arith.filter { !ownArith.contains($0) }
      let written = instruction.resultRegisters
      own.formUnion(written.planes)
      ownArith.formUnion(written.arith)
    }
    outer.planes += combined.map(\.index).filter { !own.contains($0) }
    return outer
  }
}
