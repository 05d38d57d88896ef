internal import BigInt
package import ParleyBase

extension Program {
  /// A loop of a public number of passes, as data: one pass is a graph of its own, and the size of a program does not depend on how many there are.
  ///
  /// Each carried value has a declared type, and one pass takes values of these types to values of these types: by induction they
  /// hold after any number of passes. ``ProgramBuilder`` proves it when the loop ends.
  public struct Loop: Hashable, Sendable {
    /// Passes, 1 or more.
    public var count: Int
    /// By carried value, what the first pass starts from.
    public var initial: [NodeID]
    /// By carried value, what it is before every pass and after the last.
    public var carried: [ValueType]
    /// Nodes outside that a pass reads; the same in every pass.
    public var captured: [NodeID]
    /// The nodes of one pass, which number themselves; operands come first. ``Operation/carried(_:)`` and ``Operation/captured(_:)`` are
    /// what comes from outside.
    public var body: [Node]
    /// By carried value, its node in ``body`` that the next pass starts from.
    public var results: [NodeID]

    /// Most passes of a loop, those of a loop inside it counted each time.
    public static let mostPasses = 1_000_000
    /// How many loops may stand inside each other.
    public static let deepest = 2
  }

  /// What a pass of a loop does, as a program: its results stand where disclosures do, so that whatever works on programs works on it.
  package func pass(of loop: Loop, results: [Int]? = nil) -> Program {
    var pass = Program()
    pass.tables = tables
    pass.nodes = loop.body
    pass.disclosures = (results ?? Array(loop.results.indices)).map {
      Disclosure(name: "", node: loop.results[$0], recipients: [], meaning: .statistic, explanation: "")
    }
    return pass
  }

  /// How often operations are computed, those of loops counted for every pass.
  package func count(where isCounted: (Operation) -> Bool) -> Int {
    func count(_ nodes: [Node]) -> Int {
      nodes.reduce(0) { total, node in
        if case .repeated(let loop) = node.operation { return total + loop.count * count(loop.body) }
        return total + (isCounted(node.operation) ? 1 : 0)
      }
    }
    return count(nodes)
  }

  /// - Throws: `plan/repeat-scope` where a value of a pass is used outside its loop: there is one for each pass.
  package func checkScopes() throws(ParleyError) {
    func isEnded(_ id: NodeID) -> Bool {
      if case .carried = self[id].operation { true } else { false }
    }
    func refusal(_ origin: String?) -> ParleyError {
      ParleyError(
        .init("plan/repeat-scope"), "a value that a pass of a loop computes is used outside the loop",
        at: origin.map { .init(item: $0) },
        remedy: "carry the value: give it a start and a range, and use what the loop gives after its last pass")
    }
    for node in nodes {
      if node.operation.operands.contains(where: isEnded) { throw refusal(node.origin) }
    }
    for disclosure in disclosures where isEnded(disclosure.node) { throw refusal(disclosure.name) }
    for requirement in requirements where isEnded(requirement.violated) {
      throw refusal(self[requirement.violated].origin)
    }
  }
}

extension Program.Loop {
  /// What is left of the loop where only some of the carried values are used after it: these, and those that they are computed from.
  ///
  /// - Parameter used: positions of carried values.
  /// - Returns: the positions that are left, in order.
  func keeping(_ used: Set<Int>, in program: Program) -> (loop: Program.Loop, kept: [Int]) {
    var used = used
    while true {
      let kept = used.sorted()
      let pass = program.pass(of: self, results: kept).pruned()
      let read = pass.nodes.compactMap { if case .carried(let index) = $0.operation { index } else { nil } }
      guard used.isSuperset(of: read) else {
        used.formUnion(read)
        continue
      }
      let place = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
      var loop = self
      loop.initial = kept.map { initial[$0] }
      loop.carried = kept.map { carried[$0] }
      loop.results = pass.disclosures.map(\.node)
      loop.body = pass.nodes
      loop.captured = []
      var captures: [Int: Int] = [:]
      for index in loop.body.indices {
        switch loop.body[index].operation {
        case .carried(let old): loop.body[index].operation = .carried(place[old] ?? old)
        case .captured(let old):
          let new = captures[old] ?? loop.captured.count
          if captures.updateValue(new, forKey: old) == nil { loop.captured.append(captured[old]) }
          loop.body[index].operation = .captured(new)
        default: break
        }
      }
      return (loop, kept)
    }
  }

  func mapOperands(_ map: (Program.NodeID) -> Program.NodeID) -> Program.Loop {
    var loop = self
    loop.initial = initial.map(map)
    loop.captured = captured.map(map)
    return loop
  }
}
