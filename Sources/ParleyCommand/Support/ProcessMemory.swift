import Parley
import ParleyBase
import ParleyProgram
import ParleyTransport

/// What a computing party's process needs, in bytes by what it is for. The constants were measured on runs of 40 to
/// 1300 MB; the sum holds within a factor of 1.3 there but for one (docs/performance.md).
struct ProcessMemory: Encodable {
  /// Executable, runtime, TLS, and the study.
  var base = 42_000_000
  /// Making the program out of the query, and keeping it.
  var program: Int
  /// Shares that are needed at the same time, in blocks that are larger than they are.
  var shares: Int
  /// Buffers that the engine keeps for reuse.
  var buffers: Int
  /// What is under way on links.
  var messages: Int
  /// Correlated randomness, from its preparation to the end; absent where there is none.
  var correlations: Int?

  var total: Int { base + program + shares + buffers + messages + (correlations ?? 0) }

  init(_ plan: Plan) {
    let verifies = plan.descriptor.verifier != nil
    // A verifier is chosen by what the run costs with either, and both plans are made.
    program = (plan.lowered.planeCount + plan.lowered.arithCount) * (verifies ? 520 : 375)
    // Proofs ask for vectors of many sizes, and get free blocks of up to twice the size.
    shares = plan.cost.peakShareBytes * (verifies ? 125 : 100) / 100
    // A pool is full when its engine is not.
    correlations = plan.cost.offline?.storedBytes
    buffers = min(plan.cost.peakShareBytes, 64 << 20) / 2
    // Links fill up where one flight does it, else about half.
    let options = TransportOptions()
    let largestFlight = max(plan.cost.largestFlightBytes, plan.cost.offline?.largestFlightBytes ?? 0)
    func underWay(_ bytes: Int, _ limit: Int) -> Int {
      max(min(bytes, limit) / 2, min(bytes, limit, 2 * largestFlight))
    }
    messages =
      (0..<plan.descriptor.parties).map { party in
        plan.cost.allBytes[party].reduce(0) { $0 + underWay($1, options.replayLimit) }
          + plan.cost.allBytes.reduce(0) { $0 + underWay($1[party], options.inboundLimit) }
      }.max() ?? 0
  }

  static func predicted(_ plan: Plan) -> Int { Self(plan).total }
}
