import ParleyBase
import ParleyCircuits
import ParleyEngine
import ParleyGarbled
import ParleyNetwork
import ParleyProgram
import ParleyRuntime
import ParleyTesting
import Testing

/// Garbled circuits between two parties: the suite of all engines, cost, programs, and what one party sees.
@Suite struct GarbledTests {
  /// More than one tile, and more than one message.
  @Test func conformance() throws {
    try Conformance(
      GarbledFamily(), seed: 0x5eed_b001, lengths: [0, 1, 2, 63, 64, 65, 1000, 17_000]
    ).run()
  }

  @Test func cost() throws {
    for count in [1, 7, 8, 63, 65, 1000, 20_000] {
      var list: [CostProbe<GarbledFamily>.Operation] = [
        .and(items: 1, count: count), .and(items: 3, count: count),
        .openPlanesToRecipient(planes: 3, count: count),
      ]
      for party in 0..<2 { list.append(.openPlanesToComputing(PartyIndex(party), planes: 3, count: count)) }
      try CostProbe(GarbledFamily(), seed: 0x5eed_b003).check(list)
    }
  }

  /// Random programs, loops and chunks: results are those in the clear, bytes and rounds those of the plan.
  @Test(arguments: 0..<6 as Range<UInt64>) func programs(block: UInt64) throws {
    for number in 4 * block..<4 * block + 4 {
      let seed = 0x5eed_b100 + number
      try ProgramDifferential(GarbledFamily(), seed: seed).check(
        length: 5 + Int(number % 15),
        options: .init(chunkRows: number % 2 == 0 ? RowChunks.defaultRows : 1 + Int(number % 5)))
    }
  }

  /// The number of rounds does not follow the depth: the garbler waits for nobody.
  @Test func roundsAreConstant() throws {
    for depth in [1, 10, 100] {
      var builder = CircuitBuilder()
      let (a, b) = (builder.input(width: 1), builder.input(width: 1))
      var wire = builder.gate(.xor, a[0], b[0])
      for _ in 0..<depth { wire = builder.gate(.and, builder.gate(.xor, wire, a[0]), builder.gate(.not, b[0])) }
      let cost = CostModel.cost(
        of: builder.circuit(outputs: [[wire]]).lowered, on: GarbledEngine.descriptor,
        shape: RunShape(
          principals: 2, tables: [[.init(holder: 0, rows: 1)], [.init(holder: 1, rows: 1)]],
          recipients: [[0, 1]]))
      #expect(cost.rounds == 3, "depth \(depth)")
    }
  }

  /// A second engine with the keys of a first would hash under the same salt and the same numbers.
  @Test func aSessionHasOneEngine() throws {
    let outcome = try TestWorld(GarbledFamily(), seed: 2).run { party throws -> String in
      let keys = try InsecureKeys.session(of: party.index, parties: 2, seed: 2)
      let labels = InsecureLabelSource(seed: 2)
      _ = try GarbledEngine(mesh: party.mesh, keys: keys, labels: labels)
      do throws(ParleyError) {
        _ = try GarbledEngine(mesh: party.mesh, keys: keys, labels: labels)
        return ""
      } catch {
        return error.code.rawValue
      }
    }
    #expect(outcome.values == ["internal/randomness-reuse", "internal/randomness-reuse"])
  }

  @Test func exchangesOfWordsAreRefused() throws {
    let outcome = try TestWorld(GarbledFamily(), seed: 24).run { party throws -> Bool in
      do throws(ParleyError) {
        _ = try party.exchange(.innerProducts([[]]), step: StepID(instruction: 1))
        return false
      } catch {
        return error.code == .invariant
      }
    }
    #expect(outcome.values == [true, true])
  }

  @Test func aFlippedBitIsNoticedByTheSuite() {
    let noticed = (UInt64(25)..<57).first {
      Conformance(GarbledFamily(), seed: $0, lengths: [65]).notices(aFlippedBitOf: 0)
    }
    #expect(noticed != nil)
  }

  // MARK: Views

  /// What one party holds and receives in a run of ANDs on constants as far from random as can be.
  private struct View {
    var labels: [UInt64] = []
    var transcript: [UInt8] = []
  }

  private func views(_ x: Bool, _ y: Bool, count: Int, seed: UInt64) throws -> (garbler: View, evaluator: View) {
    let world = TestWorld(GarbledFamily(), outsiders: 1, seed: seed, links: .intercepted(.bytes, nil))
    let holder = PartyIndex(2)
    let outcome = try world.run { party throws -> [UInt64] in
      guard let engine = party.engine else {
        for (number, bit) in [x, y].enumerated() {
          try party.dealer.dealPlanes(
            [Array(repeating: bit, count: count).packedPlane], count: count,
            step: .init(instruction: 1 + number))
        }
        try party.mesh.flush()
        return []
      }
      let a = try engine.receivePlanes(from: holder, planes: 1, count: count, step: .init(instruction: 1))[0]
      let b = try engine.receivePlanes(from: holder, planes: 1, count: count, step: .init(instruction: 2))[0]
      let one = engine.constantPlane(true, count: count)
      guard
        case .planes(let results) = try party.exchange(
          .and([(a, b), (a, a), (engine.not(a), one)], count: count), step: .init(instruction: 3))
      else { return [] }
      return ([a, b, one, engine.constantPlane(false, count: count)] + results).flatMap(\.labels)
    }
    let transcript = try #require(outcome.transcript)
    func received(_ party: Int) -> [UInt8] {
      transcript.view(of: PartyIndex(party)).filter { $0.key != PartyIndex(party) }.sorted { $0.key < $1.key }
        .flatMap { $0.value.flatMap { $0.bytes ?? [] } }
    }
    return (
      View(labels: outcome.values[0], transcript: received(0)),
      View(labels: outcome.values[1], transcript: received(1))
    )
  }

  /// Nothing that the evaluator holds, and no sum of two of its labels or of a label and a row, is Δ, nor is a row or a label 0.
  @Test func theDifferenceNeverShows() throws {
    for (number, (x, y)) in [(false, false), (false, true), (true, false), (true, true)].enumerated() {
      let seed = 0x5eed_b200 + UInt64(number)
      let view = try views(x, y, count: 20, seed: seed).evaluator
      let delta = InsecureLabelSource(seed: seed).difference().array
      var blocks = stride(from: 0, to: view.labels.count, by: 2).map { [view.labels[$0], view.labels[$0 + 1]] }
      for at in stride(from: 0, to: view.transcript.count - 15, by: 8) {
        blocks.append(
          (0..<2).map { word in
            (0..<8).reduce(UInt64(0)) {
              $0 | UInt64(view.transcript[at + 8 * word + $1]) << UInt64(8 * $1)
            }
          })
      }
      let known = Set(blocks)
      #expect(!known.contains(delta), "seed \(seed)")
      for block in known {
        #expect(!known.contains([block[0] ^ delta[0], block[1] ^ delta[1]]), "seed \(seed)")
      }
      #expect(blocks.allSatisfy { $0 != [0, 0] }, "seed \(seed)")
    }
  }

  /// What a party receives is uniform, and so are its labels, whatever the inputs. 255 degrees of freedom: mean 255, standard
  /// deviation 22.6; the bounds are 6.6 deviations away.
  @Test(arguments: [(false, false), (true, true), (true, false)]) func viewsAreUniform(x: Bool, y: Bool) throws {
    let both = try views(x, y, count: 4096, seed: 0x5eed_b300)
    for (name, view) in [("garbler", both.garbler), ("evaluator", both.evaluator)] {
      #expect(view.transcript.count > 1000, "\(name)")
      // Constants have one label each.
      let random = view.labels.prefix(4 * 4096) + view.labels.dropFirst(8 * 4096)
      let labels = random.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
      for bytes in [view.transcript, labels] {
        var cells = [Int](repeating: 0, count: 256)
        for byte in bytes { cells[Int(byte)] += 1 }
        let expected = Double(bytes.count) / 256
        let value = cells.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
        #expect((105...405).contains(value), "\(name): χ² = \(value)")
      }
    }
  }

  /// No two gates, of one exchange or of several, have the same rows, though all their operands are the same.
  @Test func equalGatesDiffer() throws {
    let outcome = try TestWorld(GarbledFamily(), seed: 5, links: .intercepted(.bytes, nil)).run { party throws in
      guard let engine = party.engine else { return }
      let one = engine.constantPlane(true, count: 1)
      for step in 1...3 {
        _ = try party.exchange(.and([(one, one), (one, one)], count: 700), step: .init(instruction: step))
      }
    }
    let received = try #require(outcome.transcript).view(of: PartyIndex(1))[PartyIndex(0)] ?? []
    let rows = received.flatMap { entry in
      let bytes = entry.bytes ?? []
      return stride(from: 0, to: bytes.count - 15, by: 16).map { Array(bytes[$0..<$0 + 16]) }
    }
    #expect(rows.count == 2 * 3 * 2 * 700 && Set(rows).count == rows.count)
  }

  // MARK: Vectors

  /// Circuits, with one input outside and the other at the evaluator.
  @Test func circuits() throws {
    var builder = CircuitBuilder()
    let (a, b) = (builder.input(width: 16), builder.input(width: 16))
    var carry = builder.gate(.zero)
    var sum: [CircuitBuilder.Wire] = []
    for bit in 0..<16 {
      let (x, y) = (builder.gate(.xor, a[bit], carry), builder.gate(.xor, b[bit], carry))
      sum.append(builder.gate(.xor, x, b[bit]))
      carry = builder.gate(.xor, carry, builder.gate(.and, x, y))
    }
    let none = builder.gate(.not, carry)
    let circuit = builder.circuit(outputs: [sum, [none]])
    let family = GarbledFamily()
    var random = InsecureRandom(seed: 0x5eed_b400)
    let lists = try (0..<100).map { _ in
      try (0..<2).map { _ in try CircuitValue(String(random.next() & 0xffff), width: 16) }
    }
    let holders = [PartyIndex(2), PartyIndex(1)]
    let shape = ExecutionShape(tables: holders.map { [.init(holder: $0, rowCount: lists.count)] })
    let recipients = [[PartyIndex(2), PartyIndex(1)], [PartyIndex(0)]]
    let outcome = try TestWorld(family, outsiders: 1, seed: 0x5eed_b401).run {
      party throws -> [Int: ClearValues] in
      for (value, holder) in holders.enumerated() where holder == party.index {
        try party.dealer.dealPlanes(
          circuit.planes(of: value, in: lists), count: lists.count,
          step: .input(instruction: value, holder: holder))
      }
      try party.mesh.flush()
      guard let engine = party.engine else {
        return try OutputCollector(
          program: circuit.lowered, shape: shape, recipients: recipients, local: party.index
        ).collect(from: party.receiver)
      }
      return try Executor(
        engine: engine, mesh: party.mesh, program: circuit.lowered, shape: shape, recipients: recipients
      ).run()
    }
    let expected = try circuit.evaluate(lists)
    for (value, parties) in recipients.enumerated() {
      for party in parties {
        guard case .planes(let planes, _)? = outcome.values[party.rawValue][value] else {
          Issue.record("\(party) received nothing")
          continue
        }
        for (row, list) in expected.enumerated() {
          for bit in 0..<list[value].width {
            #expect((planes[bit][row / 64] >> UInt64(row % 64) & 1 == 1) == list[value][bit])
          }
        }
      }
    }
    #expect(outcome.values[0][0] == nil)
  }
}
