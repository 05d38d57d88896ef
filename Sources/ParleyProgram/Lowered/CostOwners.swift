/// What a share of a cost is spent on.
package enum CostOwner: Hashable, Sendable {
  /// One of ``Program/operators``.
  case step(Int)
  /// Nodes of a program that has no operators.
  case computation
  /// Holders' shares that belong to no operator, and comparing the copies of all.
  case inputs
  /// Whether holders' rows are within the declared ranges, and the verdicts.
  case rangeChecks
  /// Bits that tell whether what the queries assume of the data is so.
  case requirements
  /// Results of programs without operators.
  case openings
  /// Proofs, macs and the messages with which parties vouch for them.
  case verification
}

/// Whose work every register is: that of the operator for which its node was built first. For plans only; nothing that
/// runs reads it.
package struct CostOwners: Hashable, Sendable {
  /// By register number, a number of ``owner(_:)``.
  private(set) var arith: [Int32] = []
  private(set) var planes: [Int32] = []
  private(set) var disclosures: [Int32] = []
  private var steps = 0

  /// All work belongs to no operator.
  package init() {}

  init(_ program: Program, _ registers: Emitter.Registers) {
    steps = program.operators.count
    let nodes = program.nodes.map { node in
      Int32(number(node.operatorIndex.map(CostOwner.step) ?? .computation))
    }
    let checks = Int32(number(.rangeChecks))
    arith = registers.arithNodes.map { $0 < 0 ? checks : nodes[Int($0)] }
    planes = registers.planeNodes.map { $0 < 0 ? checks : nodes[Int($0)] }
    disclosures = program.releases.map { Int32(number($0.map(CostOwner.step) ?? .openings)) }
  }

  /// Owners without an operator, after those with one.
  private static let others: [CostOwner] = [
    .computation, .inputs, .rangeChecks, .requirements, .openings, .verification,
  ]
  var count: Int { steps + Self.others.count }

  func number(_ owner: CostOwner) -> Int {
    if case .step(let index) = owner { index } else { steps + (Self.others.firstIndex(of: owner) ?? 0) }
  }
  func owner(_ number: Int) -> CostOwner { number < steps ? .step(number) : Self.others[number - steps] }

  // Programs that were put together by hand name no owners.
  func number(ofArith register: Int) -> Int {
    register < arith.count ? Int(arith[register]) : number(.computation)
  }
  func number(ofPlane register: Int) -> Int {
    register < planes.count ? Int(planes[register]) : number(.computation)
  }
  func number(ofDisclosure index: Int) -> Int {
    index < disclosures.count ? Int(disclosures[index]) : number(.openings)
  }
}
