package import ParleyBase

/// Whether a program can be planned, and run, for given sizes: lengths follow from public numbers, and products of these
/// can be as large as they like.
package enum PlanSizes {
  /// Rows are numbered in 32 bits.
  package static let mostRows = Int(Int32.max)
  /// Flights of messages, and instructions on chunks, that a cost is added up from; about a second of work.
  package static let mostSteps = 2_000_000

  /// - Throws: `plan/too-many-rows` for columns that are too long, `plan/no-shuffle` for sorts that are, `plan/too-large`
  ///   where going through the chunks of the columns would take too many steps.
  package static func check(
    _ lowered: LoweredProgram, on descriptor: EngineDescriptor, rows: RowCounts
  ) throws(ParleyError) {
    var steps = 0
    for instruction in lowered.instructions {
      let count = instruction.length.evaluate(rows: rows)
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
      steps += self.steps(instruction, on: descriptor, count: count, chunkRows: lowered.chunkRows)
      guard steps <= mostSteps else {
        throw ParleyError(
          .init("plan/too-large"), "with \(count) rows the computation has more than \(mostSteps) steps",
          remedy: "lower maximum-rows of the tables, or split the study")
      }
    }
  }

  /// Rows of the longest column that is sorted or shuffled.
  package static func longestOrder(of lowered: LoweredProgram, rows: RowCounts) -> Int {
    lowered.instructions.reduce(0) { longest, instruction in
      switch instruction.kind {
      case .sort, .radix, .shuffle, .network: max(longest, instruction.length.evaluate(rows: rows))
      default: longest
      }
    }
  }

  private static func steps(
    _ instruction: Instruction, on descriptor: EngineDescriptor, count: Int, chunkRows: Int
  ) -> Int {
    func flights(_ function: RowFunction) -> Int { function.instructions.flights(on: descriptor) }
    func chunks(_ count: Int) -> Int { RowChunks.count(of: count, rows: chunkRows) }
    switch instruction.kind {
    case .chunked(let function, _): return chunks(count) * function.instructions.count
    case .sort(_, _, let less, _, _):
      let (comparisons, batches) = ComparisonSort.expected(count: count)
      return (Int(comparisons) / chunkRows + Int(batches) + 1) * (flights(less) + 2)
    case .radix(let keys, let digits, _, _):
      let all = digits.reduce(4) { $0 + flights($1.products) + flights($1.choice) }
      return RadixDigit.ranges(bits: keys.count).count * chunks(count) * all
    case .network(let function, _, _, _):
      return MergeExchange.counts(rows: count).reduce(0) { $0 + chunks($1) } * flights(function)
    case .scan(let function, _, _):
      return ScanLevels.counts(rows: count).reduce(0) { $0 + chunks($1) } * flights(function)
    default: return 1
    }
  }
}
