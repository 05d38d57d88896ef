import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyReplicated
import ParleyTesting
import Testing

/// What a shuffle shows, and what it costs.
@Suite struct ShuffleTests {
  private static let runs = 24_000

  /// χ² against the uniform distribution.
  private func chiSquare(_ cells: some Collection<Int>) -> Double {
    let expected = Double(cells.reduce(0, +)) / Double(cells.count)
    return cells.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
  }

  /// The order in which four rows come out: of each pass alone, and of three.
  @Test(.long, arguments: [[0], [1], [2], [0, 1, 2]]) func everyOrderIsEquallyLikely(passes: [Int]) throws {
    let seed = 0x5eed_6001 + UInt64(passes[0]) &+ 16 &* UInt64(passes.count)
    let rows = 4
    let batch = 1000
    let outcome = try TestWorld(ReplicatedFamily(UInt64.self), seed: seed).run { party throws -> [[UInt64]] in
      guard let engine = party.engine else { return [] }
      let start = engine.stack((0..<rows).map { engine.constant(UInt64($0), count: 1) })
      var orders: [[UInt64]] = []
      for first in stride(from: 0, to: Self.runs, by: batch) {
        var tables = Array(repeating: start, count: batch)
        for pass in passes {
          var pending: [ReplicatedPending<UInt64>] = []
          for (index, table) in tables.enumerated() {
            pending.append(
              try engine.start(
                .shufflePass(pass, words: [table], planes: [], count: rows),
                step: .init(instruction: first + index)))
          }
          try party.mesh.flush()
          for (index, state) in pending.enumerated() {
            guard case .shuffled(let words, _) = try engine.finish(state) else { continue }
            tables[index] = words[0]
          }
        }
        orders += tables.map(\.shares.lo)
      }
      return orders
    }
    var cells: [[UInt64]: Int] = [:]
    for run in 0..<Self.runs {
      let order = (0..<rows).map { row in outcome.values.reduce(0) { $0 &+ $1[run][row] } }
      #expect(order.sorted() == [0, 1, 2, 3])
      cells[order, default: 0] += 1
    }
    #expect(cells.count == 24)
    // 23 degrees of freedom: mean 23; 60 is exceeded once in 30 000 times.
    let value = chiSquare(cells.values)
    #expect(value < 60, "passes \(passes): χ² = \(value), seed \(seed)")
  }

  /// What the third party receives is uniform, and so are the two shares together, for tables that are as far from random
  /// as can be; and so is what the pair keeps.
  @Test(arguments: [0, 1, 2], [UInt64(0), 255]) func sharesAreUniform(pass: Int, value: UInt64) throws {
    let seed = 0x5eed_6100 &+ UInt64(pass) &+ value
    let rows = 1 << 16
    let outcome = try TestWorld(ReplicatedFamily(UInt8.self), seed: seed).run { party throws -> [[UInt8]] in
      guard let engine = party.engine else { return [] }
      let words = [engine.constant(value, count: rows)]
      let planes = Array(repeating: engine.constantPlane(value & 1 == 1, count: 8 * rows), count: 1)
      let moved = try party.exchange(
        .shufflePass(pass, words: words, planes: [], count: rows), step: .init(instruction: 1))
      let bits = try party.exchange(
        .shufflePass(pass, words: [], planes: planes, count: 8 * rows), step: .init(instruction: 2))
      guard case .shuffled(let list, _) = moved, case .shuffled(_, let plane) = bits else { return [] }
      func bytes(_ words: [UInt64]) -> [UInt8] { words.withUnsafeBytes { Array($0) } }
      return [
        list[0].shares.lo, list[0].shares.hi, bytes(plane[0].shares.lo), bytes(plane[0].shares.hi),
      ]
    }
    for (party, shares) in outcome.values.enumerated() {
      for (index, share) in shares.enumerated() {
        // The bits of the pair's own constants are masked as well.
        var cells = [Int](repeating: 0, count: 256)
        for byte in share { cells[Int(byte)] += 1 }
        let single = chiSquare(cells)
        #expect((105...405).contains(single), "P\(party), share \(index): χ² = \(single), seed \(seed)")
      }
      for first in [0, 2] {
        var cells = [Int](repeating: 0, count: 256)
        for (a, b) in zip(shares[first], shares[first + 1]) { cells[Int(a & 0xf0 | b >> 4)] += 1 }
        let joint = chiSquare(cells)
        #expect((105...405).contains(joint), "P\(party), shares \(first): χ² = \(joint), seed \(seed)")
      }
    }
  }

  /// The engine sends what schedule, proof shapes and descriptor say, for whole shuffles and for parts of one.
  @Test(arguments: [
    (0, 1, 1, 3), (1, 1, 1, 3), (1, 1, 0, 3), (1, 0, 1, 3), (7, 2, 3, 3), (8, 1, 65, 3), (9, 1, 130, 3),
    (100, 2, 7, 3), (3000, 1, 2, 3), (5, 1, 1, 1), (300, 1, 3, 2),
  ])
  func proofsCostWhatIsPlanned(rows: Int, words: Int, planes: Int, passes: Int) throws {
    let family = VerifiedReplicatedFamily(UInt64.self)
    let descriptor = family.descriptor
    let verifier = try #require(descriptor.verifier)
    let outcome = try TestWorld(family, seed: 0x5eed_6200).run { party throws in
      guard let engine = party.engine else { return }
      var columns = (
        Array(repeating: engine.constant(3, count: rows), count: words),
        Array(repeating: engine.constantPlane(true, count: rows), count: planes)
      )
      for pass in 0..<passes {
        let result = try party.exchange(
          .shufflePass(pass, words: columns.0, planes: columns.1, count: rows), step: .init(instruction: 1))
        if case .shuffled(let words, let planes) = result { columns = (words, planes) }
      }
      _ = try engine.verify(through: .init(instruction: 1))
    }
    var expected = Array(repeating: Array(repeating: 0, count: 3), count: 3)
    var schedule = VerificationSchedule(verifier)
    for pass in 0..<passes {
      for message in descriptor.shuffleBytes(pass: pass, words: words, planes: planes, length: rows) {
        expected[message.from][message.to] += message.bytes
      }
      schedule.recordShuffle(pass: pass, words: words, planes: planes, rows: rows)
      #expect(schedule.close(all: false).isEmpty)
    }
    let shapes = schedule.close(all: true)
    #expect(shapes.count == (rows > 0 ? (words > 0 ? 1 : 0) + (planes > 0 ? 1 : 0) : 0))
    for shape in shapes {
      #expect(shape.cheatingExponent < -50)
      for message in (0..<shape.stageCount).flatMap({ shape.messages(stage: $0) }) {
        for prover in 0..<3 { expected[(prover + message.from) % 3][(prover + message.to) % 3] += message.bytes }
      }
    }
    for from in 0..<3 {
      for to in 0..<3 where from != to { expected[from][to] += verifier.closingBytes }
    }
    #expect(outcome.readings.map(\.sentBytes) == expected)
  }

  /// Finished shuffles are proved from a number of elements on, unfinished ones wait.
  @Test func proofsBeginWithWholeShuffles() {
    var verifier = VerifiedReplicatedFamily(UInt64.self).descriptor.verifier!
    verifier.shuffleElementsPerProof = 20
    var schedule = VerificationSchedule(verifier)
    for pass in 0..<2 {
      schedule.recordShuffle(pass: pass, words: 1, planes: 3, rows: 50)
      #expect(schedule.close(all: false).isEmpty)
    }
    schedule.recordShuffle(pass: 2, words: 1, planes: 3, rows: 50)
    #expect(schedule.close(all: false).map(\.statement) == [.shuffledRows(100), .shuffledWords(100)])
    #expect(schedule.close(all: true).isEmpty)
  }

  /// The engine that authenticates words by macs does not offer it.
  @Test func macsDoNotShuffle() {
    #expect(!MacReplicatedFamily().descriptor.shuffles)
    let results = runParties(InMemoryNetwork(count: 3)) { mesh in
      let engine = try MacReplicatedFamily().makeEngine(mesh: mesh, seed: 6)
      _ = try engine.start(.shufflePass(0, words: [], planes: [], count: 3), step: .init(instruction: 1))
    }
    for result in results {
      guard case .failure(let error) = result else {
        Issue.record("it was offered")
        continue
      }
      #expect([.invariant, .peerAborted].contains(error.code))
    }
  }
}
