extension RawOperation {
  /// The kind of anything but a gate.
  var kind: Instruction.Kind {
    switch body {
    case .xor(let a, let b, let out): .xor([.init(a, b)], out: [out])
    case .and(let a, let b, let out): .and([.init(a, b)], out: [out])
    case .not(let a, let out): .not([a], out: [out])
    case .general(let general): general.kind
    }
  }
  var nodeIndex: Int? { node == Emitter.Registers.noNode ? nil : Int(node) }
  var reduction: PendingReduction? {
    if case .general(let general) = body { general.reduction } else { nil }
  }
  var isOpening: Bool {
    guard case .general(let general) = body else { return false }
    switch general.kind {
    case .openVerdicts, .openArith, .openPlanes: return true
    default: return false
    }
  }
  var communicates: Bool {
    switch body {
    case .xor, .not: false
    case .and: true
    case .general(let general): general.kind.communicates
    }
  }
  /// Number of the first plane written: an order that does not depend on hashing.
  var firstResult: Int {
    var first = Int.max
    forEachPlaneWritten { first = min(first, $0.index) }
    return first
  }

  func forEachPlaneRead(_ visit: (PlaneRegister) -> Void) {
    switch body {
    case .xor(let a, let b, _), .and(let a, let b, _):
      visit(a)
      visit(b)
    case .not(let a, _): visit(a)
    case .general(let general): for register in general.planesIn { visit(register) }
    }
  }
  func forEachPlaneWritten(_ visit: (PlaneRegister) -> Void) {
    switch body {
    case .xor(_, _, let out), .and(_, _, let out), .not(_, let out): visit(out)
    case .general(let general): for register in general.planesOut { visit(register) }
    }
  }

  /// The largest value that `planes` and `ariths` have for an operand.
  func latest(_ planes: RegisterValues, _ ariths: RegisterValues) -> Int32 {
    var latest: Int32 = 0
    forEachPlaneRead { latest = max(latest, planes[$0.index]) }
    if case .general(let general) = body {
      for register in general.arithIn { latest = max(latest, ariths[register.index]) }
    }
    return latest
  }
  /// Sets the value of every result.
  func mark(_ value: Int32, _ planes: inout RegisterValues, _ ariths: inout RegisterValues) {
    forEachPlaneWritten { planes[$0.index] = value }
    if case .general(let general) = body {
      for register in general.arithOut { ariths[register.index] = value }
    }
  }
}
