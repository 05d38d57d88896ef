import BigInt
import ParleyBase
import ParleyNumerics
import ParleyProgram

/// How often the order of events is that of the rates which a model gives (F. E. Harrell and others, "Evaluating the yield of medical tests", Journal of the
/// American Medical Association 247, 1982): every two rows are compared.
///
/// A pair counts where the row with an event is known to have had it first: its time is less, or the times are equal and the other row has no event. In the
/// order of descending time, in a tie events last, these are the rows before an event that are not events of its time.
struct Concordance {
  typealias NodeID = Program.NodeID
  /// Pairs that are concordant, those of equal rates half, by all that count.
  let index: FloatOutput

  /// With more, all pairs are too many.
  static let mostRows = 512
  /// Bits of the index: six digits.
  static let significantBits = 20

  init(
    _ model: PartialLikelihood, predictor: Fixed, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    let count = model.order.count
    var before: [Int] = [], after: [Int] = []
    for later in 1..<max(count, 2) where later < count {
      for earlier in 0..<later {
        before.append(earlier)
        after.append(later)
      }
    }
    // Times have numbers: how many first rows of times there are up to a row.
    let numbers = try builder.runningSum(try builder.integer(fromBit: model.isFirst))
    func pairs(_ node: NodeID) throws(ParleyError) -> (before: NodeID, after: NodeID) {
      (try builder.pick(node, before), try builder.pick(node, after))
    }
    let time = try pairs(numbers), event = try pairs(model.isEvent), rate = try pairs(predictor.node)
    let isTied = try builder.and(event.before, try builder.compare(.equal, time.before, time.after))
    let isCounted = try builder.and(event.after, try builder.not(isTied))
    let isLess = try builder.and(isCounted, try builder.compare(.less, rate.before, rate.after))
    let isMore = try builder.and(isCounted, try builder.compare(.less, rate.after, rate.before))
    let all = try builder.sum(isCounted)
    // Twice: concordant ones two, equal ones one.
    let sum = try builder.subtract(
      try builder.add(all, try builder.sum(isLess)), try builder.sum(isMore))
    let divisor = try builder.scale(try builder.atLeast(all, 1), by: 2)
    index = try builder.floatQuotient(
      try builder.atLeast(sum, 0), over: divisor, significantBits: Self.significantBits)
  }
}
