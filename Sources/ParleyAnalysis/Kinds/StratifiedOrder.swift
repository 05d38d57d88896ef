import BigInt
import ParleyBase
import ParleyProgram

/// The rows of a ``SurvivalOrder`` in values of fixed size, which matrices of rows need.
///
/// One message for every column that is kept, beside those of the sort.
struct StratifiedOrder {
  typealias NodeID = Program.NodeID
  /// So many slots.
  let count: Int
  /// Numbers of strata, which come one after the other; nil for one of all rows.
  let stratum: NodeID?
  /// Times, 0 in slots that do not count.
  let time: NodeID
  /// 1 in slots that count.
  let isUsed: NodeID
  /// The given columns as numbers.
  let columns: [NodeID]
  /// The given numbers.
  let numbers: [NodeID]

  /// - Parameter rows: so many slots, of which all that count are among the first.
  init(_ order: SurvivalOrder, rows: Int, _ builder: inout ProgramBuilder) throws(ParleyError) {
    func fixed(_ node: NodeID) throws(ParleyError) -> NodeID {
      // The rows of a table as so many elements, 0 where it has fewer: a product of matrices with the number 1.
      let zeros = try builder.spread(builder.constant(0), over: .fixed(rows))
      let padded = try builder.prefix(try builder.concatenate([node, zeros]), count: rows)
      return try builder.matrixProduct(padded, builder.constant(1), rows: rows, inner: 1, columns: 1)
    }
    func numbers(_ bits: [NodeID]) throws(ParleyError) -> [NodeID] {
      var found: [NodeID] = []
      for bit in bits { found.append(try fixed(try builder.integer(fromBit: bit))) }
      return found
    }
    count = rows
    time = try fixed(order.time)
    isUsed = try numbers([order.isUsed])[0]
    columns = try numbers(order.columns)
    var words: [NodeID] = []
    for word in order.numbers { words.append(try fixed(word)) }
    self.numbers = words
    stratum = try order.stratum.map { (node) throws(ParleyError) in try fixed(node) }
  }

  /// The bits of the last rows of times; no bit of slots that do not count.
  func isLast(_ builder: inout ProgramBuilder) throws(ParleyError) -> NodeID {
    let used = try builder.compare(.equal, isUsed, builder.constant(1))
    return try SurvivalOrder.isLast(time: time, isUsed: used, stratum: stratum, &builder)
  }

  /// The bits of rows of another stratum than the row before; nil of one stratum.
  func isStratumFirst(_ builder: inout ProgramBuilder) throws(ParleyError) -> NodeID? {
    try stratum.map { (stratum) throws(ParleyError) in
      try builder.not(try builder.compare(.equal, stratum, try builder.shift(stratum, by: 1)))
    }
  }
}
