import ParleyBase
import ParleyCrypto
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyReplicated
import ParleyRuntime
import ParleyTesting
import Synchronization
import Testing

/// No pass uses a mask of another, ledgers do not grow with the passes, and what is changed in one pass is noticed.
@Suite struct LoopSecurityTests {
  /// Three passes that all compute the same: x ← min(x · y, 90), with y = 1.
  private static func program(_ count: Int = 3) throws -> Program {
    try RowProgramTests.program { builder, input in
      try builder.repeated(count, carrying: [.init("x", from: input.x, within: Interval(-90...90))]) {
        builder, x in
        [try LoopWorld.cut(try builder.multiply(x[0], input.y), -90...90, &builder)]
      }
    }
  }
  /// The same without a loop.
  private static func written(_ count: Int) throws -> Program {
    try RowProgramTests.program { builder, input in
      var x = input.x
      for _ in 0..<count { x = try LoopWorld.cut(try builder.multiply(x, input.y), -90...90, &builder) }
      return [x]
    }
  }
  private static func tables(_ rows: Int) -> [TableData] {
    [rows - 1, 1].map { rows in
      func column(_ value: (Int) -> Int64) -> TableData.Column { .init(values: (0..<rows).map(value), isNull: []) }
      return TableData(rowCount: rows, columns: [column { Int64($0 % 40) }, column { _ in 1 }, column { _ in 0 }])
    }
  }

  /// Messages, by where they are in a pass.
  private final class Board: Sendable {
    struct Place: Hashable {
      var from, to: PartyIndex
      var step: StepID
    }
    let messages = Mutex<[Place: [[UInt8]]]>([:])
  }

  /// What is equal in every pass is sent under other masks in each.
  private func masks<F: EngineFamily>(_ family: F, seed: UInt64) throws {
    let program = try Self.program()
    let lowered = try Lowering.lower(program, for: family.descriptor)
    let passes = try (0..<3).map { try LoopWorld.numbers(of: $0, in: lowered) }
    let board = Board()
    let job = LoopWorld.job(program, lowered, Self.tables(128), computing: family.computing)
    let world = TestWorld(
      family, outsiders: 2, seed: seed,
      links: .intercepted(.sizes) { message in
        if let pass = passes.firstIndex(where: { $0.contains(message.step.instruction) }) {
          let step = StepID(
            instruction: message.step.instruction - passes[pass].lowerBound, iteration: message.step.iteration,
            sub: message.step.sub, chunk: message.step.chunk)
          board.messages.withLock {
            $0[.init(from: message.from, to: message.to, step: step), default: []].append(message.bytes)
          }
        }
        return .pass
      })
    _ = try world.run(job)
    let messages = board.messages.withLock { $0 }
    #expect(messages.count > 10)
    for (place, list) in messages {
      #expect(list.count == 3 && Set(list.map(\.count)).count == 1, "\(place)")
      // 128 rows are 16 bytes of a plane and 1024 of a column of words.
      if list[0].count >= 16 { #expect(Set(list).count == 3, "\(place)") }
    }
  }

  @Test func noMaskTwice() throws {
    try masks(ReplicatedFamily(UInt64.self), seed: 930)
    try masks(VerifiedReplicatedFamily(UInt64.self), seed: 931)
    try masks(MacReplicatedFamily(), seed: 932)
    try masks(AdditiveFamily(UInt64.self), seed: 933)
    try masks(FourPartyFamily(UInt64.self), seed: 934)
  }

  /// A program whose passes have the same numbers is stopped at the first stream that is asked for again.
  private func forged<F: EngineFamily>(_ family: F, seed: UInt64) throws {
    let program = try Self.program()
    var lowered = try Lowering.lower(program, for: family.descriptor)
    for index in lowered.instructions.indices {
      guard case .repeated(var loop) = lowered.instructions[index].kind else { continue }
      loop.numbers = 0
      lowered.instructions[index].kind = .repeated(loop)
    }
    let job = LoopWorld.job(program, lowered, Self.tables(3), computing: family.computing)
    let endings = TestWorld(family, outsiders: 2, seed: seed).endings(job)
    for (party, ending) in endings.prefix(family.computing).enumerated() {
      guard case .failure(let error) = ending else {
        Issue.record("P\(party) has opened something")
        continue
      }
      #expect(
        error.code == .randomnessReuse || error.code.rawValue.hasPrefix("aborted/"), "P\(party): \(error)")
    }
    let codes = endings.compactMap { if case .failure(let error) = $0 { error.code } else { nil } }
    #expect(codes.contains(.randomnessReuse))
  }

  @Test func aSecondUseIsRefused() throws {
    try forged(ReplicatedFamily(UInt64.self), seed: 940)
    try forged(VerifiedReplicatedFamily(UInt64.self), seed: 941)
    try forged(MacReplicatedFamily(), seed: 942)
    try forged(AdditiveFamily(UInt64.self), seed: 943)
    try forged(FourPartyFamily(UInt64.self), seed: 944)
  }

  /// Streams and steps that ledgers keep at the end, after so many passes.
  ///
  /// - Parameter forgets: whether passes are passes; otherwise their instructions are written out one after the other.
  private func noted(_ count: Int, forgets: Bool = true) throws -> [[Int]] {
    func run<F: EngineFamily>(_ family: F, _ read: @escaping @Sendable (F.E) -> [Int]) throws -> [Int] {
      let program = forgets ? try Self.program(count) : try Self.written(count)
      let lowered = try Lowering.lower(program, for: family.descriptor)
      let job = LoopWorld.job(program, lowered, Self.tables(3), computing: family.computing)
      let outcome = try TestWorld(family, outsiders: 2, seed: 950).run { party throws -> [Int] in
        if let tables = job.tables[party.index] {
          try InputFeeder(
            program: job.program, inputs: job.inputs, shape: job.shape, holder: party.index, tables: tables,
            digester: job.digester
          ).feed(to: party.dealer, over: party.mesh)
        }
        guard let engine = party.engine else { return [] }
        _ = try Executor(
          engine: engine, mesh: party.mesh, program: job.program, shape: job.shape, recipients: job.recipients
        ).run()
        return read(engine)
      }
      return outcome.values[0]
    }
    return [
      try run(ReplicatedFamily(UInt64.self)) { [$0.multiplyKeys.noted] },
      try run(VerifiedReplicatedFamily(UInt64.self)) { [$0.multiplyKeys.noted, $0.notedSteps] },
      try run(MacReplicatedFamily()) { [$0.multiplyKeys.noted] },
    ]
  }

  @Test func ledgersDoNotGrow() throws {
    let few = try noted(2), many = try noted(40)
    for (before, after) in zip(few.joined(), many.joined()) {
      // A proof of more has a few more messages; 38 passes more would have used hundreds of streams.
      #expect(after <= before + 16, "\(few), \(many)")
    }
    let unbounded = try noted(2, forgets: false), more = try noted(40, forgets: false)
    for (before, after) in zip(unbounded.joined(), more.joined()) {
      #expect(after > before + 100, "\(unbounded), \(more)")
    }
  }

  private final class Counter: Sendable {
    let count = Mutex(0)
  }

  /// One bit of one message of the second pass is changed, for each party, and several messages of the pass: nothing is opened.
  private func tamper<F: EngineFamily>(_ family: F, seed: UInt64) throws {
    let program = try Self.program()
    let lowered = try Lowering.lower(program, for: family.descriptor)
    let second = try LoopWorld.numbers(of: 1, in: lowered)
    for party in 0..<3 {
      for skipped in [0, 3, 7] {
        let seen = Counter()
        let job = LoopWorld.job(program, lowered, Self.tables(5), computing: 3)
        let world = TestWorld(
          family, outsiders: 2, seed: seed + UInt64(8 * party + skipped),
          links: .intercepted(.sizes) { message in
            guard message.from.rawValue == party, second.contains(message.step.instruction), !message.bytes.isEmpty
            else { return .pass }
            let isDue = seen.count.withLock { count in
              count += 1
              return count == skipped + 1
            }
            guard isDue else { return .pass }
            var bytes = message.bytes
            bytes[0] ^= 1
            return .change(bytes)
          })
        let endings = world.endings(job)
        #expect(seen.count.withLock { $0 } > skipped, "the message was never sent")
        for (other, ending) in endings.prefix(3).enumerated() {
          guard case .success = ending else { continue }
          Issue.record("P\(other) opens although P\(party) changed message \(skipped) of the second pass")
        }
        let codes = endings.compactMap { if case .failure(let error) = $0 { error.code } else { nil } }
        #expect(codes.contains(.cheating), "\(codes)")
      }
    }
  }

  @Test func aChangeInTheSecondPassIsNoticed() throws {
    try tamper(VerifiedReplicatedFamily(UInt64.self), seed: 960)
    try tamper(VerifiedReplicatedFamily(UInt64.self, proofsEvery: 3), seed: 990)
    try tamper(MacReplicatedFamily(), seed: 1020)
  }

  // MARK: Ledgers

  @Test func passesOfALedger() {
    var ledger = PassLedger<Int>()
    func insert(_ thing: Int, at number: Int) -> Bool { ledger.insert(thing, at: number) }
    #expect(insert(1, at: 5) && !insert(1, at: 5))
    for pass in 0..<3 {
      let first = 10 + 20 * pass
      ledger.begin(pass: first..<first + 20)
      #expect(insert(7, at: first) && !insert(7, at: first) && ledger.contains(7, at: first))
      for inner in 0..<2 {
        let start = first + 5 + 5 * inner
        ledger.begin(pass: start..<start + 5)
        #expect(insert(8, at: start + 1) && !insert(8, at: start + 1))
        #expect(ledger.count == 3)
        ledger.endPass()
        #expect(!insert(9, at: start + 4) && ledger.hasEnded(start) && !ledger.hasEnded(start + 5))
      }
      #expect(insert(9, at: first + 15))
      ledger.endPass()
      #expect(ledger.count == 1 && !insert(10, at: first + 1) && ledger.contains(10, at: first + 19))
    }
    #expect(!ledger.hasEnded(9) && ledger.hasEnded(10) && ledger.hasEnded(69) && !ledger.hasEnded(70))
    #expect(insert(1, at: 70) == false && insert(2, at: 70))
  }

  /// A stream of a pass that is over is refused, whether it was used in it or not.
  @Test func streamsOfAPassThatIsOver() throws {
    let ledger = UseOnceLedger()
    func claim(_ instruction: Int) throws {
      try ledger.claim(
        KeyRole.multiply.label, prover: nil, stream: StepID(instruction: instruction).stream.rawValue)
    }
    ledger.begin(pass: 10..<20)
    try claim(12)
    #expect { try claim(12) } throws: { ($0 as? ParleyError)?.code == .randomnessReuse }
    ledger.endPass()
    #expect(ledger.count == 0)
    for number in [12, 13] {
      #expect { try claim(number) } throws: { ($0 as? ParleyError)?.code == .randomnessReuse }
    }
    try claim(20)
  }

  /// So is a step that would be computed again, and one that is covered twice.
  @Test func stepsOfAPassThatIsOver() throws {
    var ledger = CoverageLedger()
    let (first, second) = (StepID(instruction: 12), StepID(instruction: 13))
    ledger.begin(pass: 10..<20)
    try ledger.enter(first)
    try ledger.enter(second)
    try ledger.cover(first)
    ledger.endPass()
    #expect(throws: ParleyError.self) { try ledger.enter(first) }
    // Its proof ends after the pass.
    try ledger.cover(second)
    #expect(throws: ParleyError.self) { try ledger.cover(second) }
    try ledger.requireEmpty()
    #expect(ledger.coveredCount == 0)
  }
}
