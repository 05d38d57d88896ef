/// Which nodes have bits without a conversion from ring words: those that are computed as bits, those that have been
/// converted, and those that only move what has bits.
///
/// It is asked of every column of every sort, and columns go through sort after sort; so the answer is kept for every node,
/// and a conversion is told to the nodes that it makes a difference to.
package struct BitForms {
  private var having: [Bool] = []
  /// By node that moves others: how many of these do not have bits; 0 for other nodes.
  private var missing: [Int32] = []
  /// By node without bits: the nodes that move it, each as often as it does.
  private var movers: [[Int32]] = []
  /// Nodes that have been looked at so far, by whatever was asked and told.
  package private(set) var steps = 0

  /// Of a program without nodes.
  init() {}

  /// - Parameters:
  ///   - inputsHaveBits: columns of holders do.
  ///   - capturedHaveBits: in a pass of a loop, whether a value from outside does.
  ///   - isNatural: whether a node is computed as bits.
  package init(
    _ program: Program, inputsHaveBits: Bool, capturedHaveBits: (Int) -> Bool = { _ in false },
    isNatural: (Program.NodeID) -> Bool
  ) {
    let count = program.nodes.count
    having = Array(repeating: false, count: count)
    missing = Array(repeating: 0, count: count)
    movers = Array(repeating: [], count: count)
    for index in 0..<count {
      steps += 1
      if isNatural(Program.NodeID(rawValue: index)) {
        having[index] = true
        continue
      }
      switch program.nodes[index].operation {
      case .input: having[index] = inputsHaveBits
      case .captured(let place): having[index] = capturedHaveBits(place)
      case .constant, .integer: having[index] = true
      case .select(_, let a, let b): moves(index, [a, b])
      case .truncate(let a, _), .element(let a, _), .pick(let a, _): moves(index, [a])
      case .stack(let parts), .concatenate(let parts): moves(index, parts)
      case .spread(let a, _), .shift(let a, _), .reversed(let a), .prefix(let a, _), .outer(let a, _),
        .inner(let a, _):
        moves(index, [a])
      case .component(let tuple, let column):
        if let (operand, scan) = program.carried(tuple, column), scan != .sum { moves(index, [operand]) }
      default: break
      }
    }
  }

  /// Operands come before the nodes that use them.
  private mutating func moves(_ index: Int, _ operands: [Program.NodeID]) {
    for operand in operands where !having[operand.rawValue] {
      missing[index] += 1
      movers[operand.rawValue].append(Int32(index))
    }
    having[index] = missing[index] == 0
  }

  /// Whether the node has bits.
  package func has(_ id: Program.NodeID) -> Bool { having[id.rawValue] }

  /// The node has been converted.
  package mutating func gain(_ id: Program.NodeID) {
    guard !having[id.rawValue] else { return }
    var gained = [Int32(id.rawValue)]
    while let next = gained.popLast() {
      let index = Int(next)
      guard !having[index] else { continue }
      having[index] = true
      for mover in movers[index] {
        steps += 1
        missing[Int(mover)] -= 1
        if missing[Int(mover)] == 0 { gained.append(mover) }
      }
      movers[index] = []
    }
  }
}

extension Program {
  /// What column `index` of a tuple is made of, and how.
  func carried(_ tuple: NodeID, _ index: Int) -> (operand: NodeID, scan: Scan?)? {
    switch self[tuple].operation {
    case .sort(_, let payload), .shuffle(let payload): (payload[index], nil)
    case .scan(let items, _): (items[index].value, items[index].scan)
    default: nil
    }
  }
}
