package import ParleyBase

/// Whether a program can be planned, and run, for given sizes: lengths follow from public numbers, and products of these
/// can be as large as they like.
package enum PlanSizes {
  /// Rows are numbered in 32 bits.
  package static let mostRows = Int(Int32.max)
  /// Flights of messages, and instructions on chunks, that a cost is added up from; about a second of work.
  package static let mostSteps = 2_000_000
  /// Chunks of a column that a cost is added up from, without and with proofs of products: the rest are like these
  /// (``CostModel/times(_:marks:_:)``).
  static let mostChunks = (trusting: 8, verifying: 256)

  /// - Throws: `plan/too-many-rows` for columns that are too long, `plan/no-shuffle` for sorts that are, `plan/too-large`
  ///   where going through the chunks of the columns would take too many steps.
  package static func check(
    _ lowered: LoweredProgram, on descriptor: EngineDescriptor, rows: RowCounts
  ) throws(ParleyError) {
    var walk = Walk(lowered, descriptor, rows)
    try walk.add(lowered.instructions, times: 1)
  }

  /// Adds up what planning goes through.
  private struct Walk {
    let lowered: LoweredProgram
    let descriptor: EngineDescriptor
    var counts: LengthCounts
    var steps = 0
    var algorithm: StepCount
    let mostChunks: Int

    init(_ lowered: LoweredProgram, _ descriptor: EngineDescriptor, _ rows: RowCounts) {
      self.lowered = lowered
      self.descriptor = descriptor
      counts = LengthCounts(rows)
      mostChunks = descriptor.verifier == nil ? PlanSizes.mostChunks.trusting : PlanSizes.mostChunks.verifying
      algorithm = StepCount(
        .planning(mostChunks: mostChunks), on: descriptor, rows: rows, chunkRows: lowered.chunkRows)
    }

    mutating func add(_ instructions: [Instruction], times: Int) throws(ParleyError) {
      for instruction in instructions {
        if case .repeated(let loop) = instruction.kind {
          // Where nothing is proved, one pass costs what another does.
          let passes = descriptor.verifier == nil ? min(loop.count, mostChunks) : loop.count
          try add(loop.instructions, times: times * passes)
          continue
        }
        try add(instruction, times: times)
      }
    }

    private mutating func add(_ instruction: Instruction, times: Int) throws(ParleyError) {
      let count = counts.count(instruction.length)
      guard count <= mostRows else {
        throw ParleyError(
          .init("plan/too-many-rows"),
          "a column of the computation can have \(count == Length.most ? "more than 2^60" : "\(count)") rows; \(mostRows) are the most",
          remedy: "lower maximum-rows of the tables, or join on columns that are declared as unique")
      }
      if instruction.isNetwork, count > MergeExchange.most {
        throw ParleyError(
          .init("plan/no-shuffle"),
          "the program sorts \(count) rows; \(descriptor.name) does not shuffle, and sorts at most \(MergeExchange.most)",
          remedy: "choose a protocol that shuffles: with adversary: malicious, verifier: proofs")
      }
      steps += times * (instruction.isRowAlgorithm ? max(1, algorithm.count(instruction.kind, count: count)) : 1)
      guard steps <= mostSteps else {
        throw ParleyError(
          .init("plan/too-large"),
          times > 1
            ? "with its loops the computation has more than \(mostSteps) steps"
            : "with \(count) rows the computation has more than \(mostSteps) steps",
          remedy: times > 1
            ? "make fewer passes, or compute less in each"
            : "lower maximum-rows of the tables, or split the study")
      }
    }
  }

  /// Rows of the longest column that is sorted or shuffled.
  package static func longestOrder(of lowered: LoweredProgram, rows: RowCounts) -> Int {
    var counts = LengthCounts(rows)
    func longest(_ instructions: [Instruction]) -> Int {
      instructions.reduce(0) { most, instruction in
        switch instruction.kind {
        case .sort, .radix, .shuffle, .network: max(most, counts.count(instruction.length))
        case .repeated(let loop): max(most, longest(loop.instructions))
        default: most
        }
      }
    }
    return longest(lowered.instructions)
  }
}
