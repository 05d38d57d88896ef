extension Instruction {
  /// One instruction's kind from several of the same kind, length and round.
  static func joined(_ kinds: [Kind]) -> Kind {
    guard kinds.count > 1 else { return kinds[0] }
    var pairs: [PlanePair] = []
    var planes: [PlaneRegister] = []
    var planesOut: [PlaneRegister] = []
    var products: [ArithPair] = []
    var lists: [[ArithPair]] = []
    var arithOut: [ArithRegister] = []
    var arithLists: [[ArithRegister]] = []
    for kind in kinds {
      switch kind {
      case .xor(let more, let out), .and(let more, let out):
        pairs += more
        planesOut += out
      case .not(let more, let out):
        planes += more
        planesOut += out
      case .multiply(let more, let out):
        products += more
        arithOut += out
      case .innerProducts(let more, let out):
        lists += more
        arithOut += out
      case .bitSummands(let more, let out):
        planes += more
        arithLists += out
      default: preconditionFailure("instructions of this kind are never merged")
      }
    }
    switch kinds[0] {
    case .xor: return .xor(pairs, out: planesOut)
    case .and: return .and(pairs, out: planesOut)
    case .not: return .not(planes, out: planesOut)
    case .multiply: return .multiply(products, out: arithOut)
    case .innerProducts: return .innerProducts(lists, out: arithOut)
    default: return .bitSummands(planes, out: arithLists)
    }
  }
}
