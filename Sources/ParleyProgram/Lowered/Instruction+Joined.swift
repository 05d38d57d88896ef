extension Instruction.Kind {
  /// One instruction's kind from several products or conversions of the same kind, length and round.
  static func joined(_ kinds: [Instruction.Kind]) -> Instruction.Kind {
    guard kinds.count > 1 else { return kinds[0] }
    var planes: [PlaneRegister] = []
    var products: [Instruction.ArithPair] = []
    var lists: [[Instruction.ArithPair]] = []
    var arithOut: [ArithRegister] = []
    var arithLists: [[ArithRegister]] = []
    for kind in kinds {
      switch kind {
      case .multiply(let more, let out):
        products += more
        arithOut += out
      case .innerProducts(let more, let out), .productSums(let more, let out):
        lists += more
        arithOut += out
      case .bitSummands(let more, let out):
        planes += more
        arithLists += out
      default: preconditionFailure("instructions of this kind are never merged")
      }
    }
    switch kinds[0] {
    case .multiply: return .multiply(products, out: arithOut)
    case .innerProducts: return .innerProducts(lists, out: arithOut)
    case .productSums: return .productSums(lists, out: arithOut)
    default: return .bitSummands(planes, out: arithLists)
    }
  }
}
