/// Chunks of one length do the same work over and over, and so do passes of a loop. What they cost differs only while
/// the proofs under way stand differently. As soon as these stand as they stood after an earlier repetition, costs come
/// round with that period; the rest is multiplied, and thousands of repetitions are planned like a few dozen.
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
  ///   - stride: what each time adds to the steps.
  ///   - payers: all that pay for it, apart from the verification.
  ///   - marks: registers of which `body` reads whether they are recorded, from one time to the next.
  ///   - body: ends with no message under way, and does the same whatever was done before, apart from verifications.
  mutating func times(
    _ count: Int, stride: UInt64, payers: @autoclosure () -> Set<Int>, marks: RowBundle = RowBundle(),
    _ body: (inout Self) -> Void
  ) {
    guard count > 0 else { return }
    guard recorder != nil else { return goThrough(count, payers: payers(), marks: marks, body) }
    // What is taken is the same every time: it is written down once, and each time where all are gone through.
    let start = recorder?.offset ?? 0
    let takesAll = takesAllChunks
    var done = 0
    if !takesAll { recorder?.begin() }
    goThrough(count, payers: payers(), marks: marks) { model in
      if done == 1, !takesAll { model.recorder?.mute() }
      done += 1
      body(&model)
      if takesAll { model.recorder?.offset &+= stride }
    }
    if !takesAll { recorder?.end(times: count, stride: stride, isMuted: done > 1) }
    recorder?.offset = start
  }

  private mutating func goThrough(
    _ count: Int, payers: @autoclosure () -> Set<Int>, marks: RowBundle, _ body: (inout Self) -> Void
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
    ledger.add(count, timesTheWorkSince: start.account)
  }
}

extension CostModel {
  /// What the chunk of rows of this number adds to the steps (``StepID/sub``).
  static func chunkStride(_ number: Int = 1) -> UInt64 { UInt64(truncatingIfNeeded: number) << 16 }

  /// What an exchange takes of correlated randomness.
  mutating func take(_ instruction: Int, _ kind: ExchangeKind, _ size: ExchangeSize) {
    guard recorder != nil else { return }
    for use in descriptor.correlations[kind] {
      let (kind, count) = use.taken(by: size)
      recorder?.take(instruction, kind, count)
    }
  }

  /// At the steps of another iteration, and of a chunk.
  mutating func at(level: Int, chunk: Int = 0, _ body: (inout Self) -> Void) {
    guard let before = recorder else { return body(&self) }
    recorder?.level = level
    recorder?.offset &+= Self.chunkStride(chunk)
    body(&self)
    recorder?.level = before.level
    recorder?.offset = before.offset
  }

  /// The flights before the first input, with clocks of their own.
  mutating func prepare(_ demand: CorrelationDemand) {
    cost.demand = demand
    guard !demand.isEmpty else { return }
    var offline = OfflineCost(
      bytes: cost.bytes.map { $0.map { _ in 0 } }, rounds: 0,
      storedBytes: demand.bytes(perWord: descriptor.bytesPerWord))
    var clocks = Array(repeating: 0, count: descriptor.parties)
    for flight in descriptor.offline.flights {
      var next = clocks
      var links: [[Int]: Int] = [:]
      for message in flight {
        let bytes = message.bytes(demand)
        offline.bytes[message.from][message.to] += bytes
        links[[message.from, message.to], default: 0] += bytes
        let depth = clocks[message.from] + 1
        next[message.to] = max(next[message.to], depth)
        offline.rounds = max(offline.rounds, depth)
      }
      offline.largestFlightBytes = max(offline.largestFlightBytes, links.values.max() ?? 0)
      clocks = next
    }
    cost.offline = offline
  }
}
