/// Chunks of one length are the same work over and over. What they cost comes round as soon as the proofs under way stand
/// as they stood after a chunk before; from then on it is a multiple, and thousands of chunks are planned like a few dozen.
extension CostModel {
  /// All that decides what a repetition costs, apart from what grows by the same amount every time.
  private struct Standing: Hashable {
    /// Of the computing parties, behind the longest chain of messages: nobody else sends or receives in between.
    var clocks: [Int]
    var proofs: ProofTraffic.Standing?
    /// Of the registers that are looked at after a repetition, those that proofs need.
    var recorded: [Bool]
  }

  /// Does the same `count` times.
  ///
  /// - Parameters:
  ///   - payers: all that pay for it, apart from the verification.
  ///   - marks: registers of which `body` reads whether they are recorded, from one time to the next.
  ///   - body: ends with no message under way, and does the same whatever was done before, apart from verifications.
  mutating func times(
    _ count: Int, payers: @autoclosure () -> Set<Int>, marks: RowBundle = RowBundle(), _ body: (inout Self) -> Void
  ) {
    var seen: [Standing: Int] = [:]
    var isLooking = count > 4 && !takesAllChunks
    var done = 0
    while done < count {
      body(&self)
      done += 1
      chunksTaken += 1
      guard isLooking else { continue }
      let standing = standing(marks)
      guard let before = seen[standing] else {
        seen[standing] = done
        continue
      }
      isLooking = false
      let period = done - before
      guard (count - done) / period > 2 else { continue }
      let start = totals(payers())
      for _ in 0..<period { body(&self) }
      done += period
      chunksTaken += period
      // One period is left to be done, so that the most memory is seen, which is at the end where it grows.
      let skipped = (count - done) / period - 1
      add(skipped, timesTheWorkSince: start)
      done += skipped * period
    }
  }

  private func standing(_ marks: RowBundle) -> Standing {
    Standing(
      clocks: clocks.prefix(descriptor.parties).map { largestDepth - $0 }, proofs: verification?.standing,
      recorded: marks.arith.map { isRecorded.arith.contains($0.index) }
        + marks.planes.map { isRecorded.planes.contains($0.index) })
  }

  /// What is added up.
  private struct Totals {
    var depths: [Int]
    var liveBytes: Int
    var authenticatedCount: Int
    var cost: Cost
    var account: CostLedger.Account
  }
  private func totals(_ payers: Set<Int>) -> Totals {
    Totals(
      depths: clocks + [largestDepth, chargedDepth], liveBytes: liveBytes, authenticatedCount: authenticatedCount,
      cost: cost, account: ledger.account(of: payers))
  }

  /// Adds so many times what has been added since then. What is a maximum stays.
  private mutating func add(_ count: Int, timesTheWorkSince start: Totals) {
    func more(_ now: inout Int, _ then: Int) { now += count * (now - then) }
    for party in clocks.indices { more(&clocks[party], start.depths[party]) }
    more(&largestDepth, start.depths[clocks.count])
    more(&chargedDepth, start.depths[clocks.count + 1])
    more(&liveBytes, start.liveBytes)
    more(&authenticatedCount, start.authenticatedCount)
    for from in cost.bytes.indices {
      for to in cost.bytes[from].indices { more(&cost.bytes[from][to], start.cost.bytes[from][to]) }
    }
    more(&cost.multiplications, start.cost.multiplications)
    more(&cost.andBits, start.cost.andBits)
    more(&cost.instructionCount, start.cost.instructionCount)
    more(&cost.movedElements, start.cost.movedElements)
    more(&cost.shuffledElements, start.cost.shuffledElements)
    more(&cost.proofs, start.cost.proofs)
    cost.demand.add(count, timesTheDemandSince: start.cost.demand)
    ledger.add(count, timesTheWorkSince: start.account)
  }
}

extension RowChunks {
  /// The lengths of ``ranges(count:rows:)``: so many equal ones, and the last.
  static func sizes(count: Int, rows: Int) -> (equal: Int, size: Int, last: Int) {
    guard count > rows else { return (0, 0, count) }
    let size = size(count: count, rows: rows)
    let equal = (count - 1) / size
    return (equal, size, count - equal * size)
  }
}
