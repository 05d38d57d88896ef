import ParleyAdditive
import ParleyAlgebra
import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyRuntime
import ParleyTesting
import Synchronization
import Testing

/// Correlated randomness: what a plan demands is what a run takes, at every step; and whatever is not so ends the run.
@Suite struct CorrelationTests {
  typealias Take = CorrelationDemand.Take

  // MARK: The demand of a plan

  /// Chunks that are written once are those that are gone through one by one, at the same steps.
  @Test func chunksAreCountedInClosedForm() throws {
    var folded = 0
    for number in 0..<40 as Range<UInt64> {
      let work = try AdditiveWork(
        AdditiveFamily(), length: 5 + Int(number % 21), seed: 0x5eed_b000 + number, chunkRows: 1 + Int(number % 3))
      let short = work.cost(takesAll: false).demand, long = work.cost(takesAll: true).demand
      #expect(Array(short.takes) == Array(long.takes), "\(number)")
      #expect(short.amounts == long.amounts, "\(number)")
      #expect(short.takes.reduce(0) { $0 + $1.count } == short.total)
      #expect(Set(short.takes.map(\.step)).count == Array(short.takes).count, "no step twice, \(number)")
      if short.parts.count < long.parts.count { folded += 1 }
    }
    #expect(folded > 10)
  }

  /// An engine without correlated randomness demands nothing, and has nothing before the first input.
  @Test func replicatedSharingDemandsNothing() throws {
    let made = try ProgramGenerator.make(length: 20, seed: 0x5eed_b100)
    for descriptor in [ReplicatedFamily(UInt64.self).descriptor, VerifiedReplicatedFamily(UInt64.self).descriptor]
    {
      let cost = CostModel.cost(
        of: try Lowering.lower(made.program, for: descriptor), on: descriptor,
        shape: RunShape(
          principals: 9, tables: [made.data.indices.map { .init(holder: 3 + $0, rows: 5) }],
          recipients: made.program.disclosures.map { _ in [8] }))
      #expect(cost.demand.isEmpty && cost.offline == nil && cost.correlations == 0)
      #expect(cost.allBytes == cost.bytes)
    }
  }

  // MARK: Exactly that

  private func change(_ demand: CorrelationDemand, _ body: (inout [Take]) -> Void) -> CorrelationDemand {
    var takes = Array(demand.takes)
    body(&takes)
    return CorrelationDemand(takes)
  }

  /// One more, one fewer, another step, another kind, another order: both parties end with the code, and open nothing.
  @Test(arguments: [TestTriples.dealt, .sent])
  func anythingElseEndsTheRun(source: TestTriples) throws {
    let family = AdditiveFamily(UInt64.self, source: source)
    let work = try AdditiveWork(family, length: 20, seed: 0x5eed_b200)
    let demand = work.cost.demand
    let last = Array(demand.takes).count - 1
    #expect(last > 3)
    func codes(_ body: (inout [Take]) -> Void) throws -> [ParleyError.Code?] {
      work.endings(family, seed: 0x5eed_b200, demand: change(demand, body)).map { $0?.code }
    }
    #expect(try codes { _ in } == [nil, nil])
    let changes: [(inout [Take]) -> Void] = [
      { $0.append(Take(StepID(instruction: 0xc0_0000), .wordTriple, 1)) },
      { $0.removeLast() },
      { $0.removeFirst() },
      { $0[last].count += 1 },
      { $0[0].count -= 1 },
      { $0[0].step = $0[0].step.sub(77) },
      { $0.swapAt(0, last) },
      { $0[last].kind = $0[last].kind == .wordTriple ? .bitTripleWord : .wordTriple },
    ]
    for (number, body) in changes.enumerated() {
      let codes = try codes(body)
      // Whoever comes later may hear of the other's end first.
      #expect(codes.contains(.correlations), "\(number): \(codes)")
      #expect(codes.allSatisfy { $0 == .correlations || $0 == .peerAborted }, "\(number): \(codes)")
    }
  }

  /// Without a preparation an exchange sends nothing and takes nothing.
  @Test func nothingIsMadeUp() throws {
    let outcome = try TestWorld(AdditiveFamily(UInt64.self), seed: 0x5eed_b300).run {
      party -> [ParleyError.Code?] in
      guard let engine = party.engine else { return [] }
      let (a, p) = (engine.constant(1, count: 3), engine.constantPlane(true, count: 3))
      let all: [Exchange<AdditiveWords<UInt64>, AdditivePlane>] = [
        .multiply([(a, a)], count: 3), .and([(p, p)], count: 3), .innerProducts([[(a, a)]]),
        .matrixProduct(a, a, rows: 3, inner: 1, columns: 3),
      ]
      return all.enumerated().map { number, exchange in
        do throws(ParleyError) {
          _ = try engine.start(exchange, step: StepID(instruction: number))
          return nil
        } catch { return error.code }
      }
    }
    for codes in outcome.values { #expect(codes == Array(repeating: .correlations, count: 4)) }
    #expect(outcome.readings.allSatisfy { $0.sentBytes.allSatisfy { $0 == 0 } })
  }

  /// What is left of one preparation stands in the way of another; after the end of a session there is nothing.
  @Test func onePreparationAfterTheOther() throws {
    let outcome = try TestWorld(AdditiveFamily(UInt64.self), seed: 0x5eed_b400).run {
      party -> [ParleyError.Code?] in
      guard let engine = party.engine else { return [] }
      let plane = engine.constantPlane(true, count: 3)
      let exchange = Exchange<AdditiveWords<UInt64>, AdditivePlane>.and([(plane, plane)], count: 3)
      func code(_ body: () throws(ParleyError) -> Void) -> ParleyError.Code? {
        do throws(ParleyError) {
          try body()
          return nil
        } catch { return error.code }
      }
      let steps = (1...3).map { StepID(instruction: $0) }
      var codes: [ParleyError.Code?] = []
      codes.append(code { () throws(ParleyError) in try party.prepare([(exchange, steps[0])]) })
      codes.append(code { () throws(ParleyError) in try party.prepare([(exchange, steps[1])]) })
      codes.append(code { () throws(ParleyError) in _ = try engine.start(exchange, step: steps[0]) })
      codes.append(code { () throws(ParleyError) in try party.prepare([(exchange, steps[1])]) })
      engine.destroy()
      codes.append(code { () throws(ParleyError) in _ = try engine.start(exchange, step: steps[1]) })
      codes.append(code { () throws(ParleyError) in try party.prepare([(exchange, steps[2])]) })
      return codes
    }
    for codes in outcome.values { #expect(codes == [nil, .correlations, nil, nil, .correlations, .correlations]) }
  }

  // MARK: Used once, and overwritten

  @Test func whatIsBetweenFlightsIsTakenOnce() throws {
    let held = OneUse(Box(7))
    #expect(try held.take(at: StepID(instruction: 1)).value == 7)
    let error = #expect(throws: ParleyError.self) { _ = try held.take(at: StepID(instruction: 1)).value }
    #expect(error?.code == .randomnessReuse)
  }
  private struct Box: ~Copyable {
    let value: Int
    init(_ value: Int) { self.value = value }
  }

  /// Holds on to the buffers, so that a test can see what becomes of them.
  private struct Watched {
    let triples: InsecureTriples<UInt64>
    let party: Int
    init(_ demand: CorrelationDemand, party: Int) {
      triples = InsecureTriples(demand, seed: 9, number: 1)
      self.party = party
    }
    /// Elements that are not zero.
    var left: (words: Int, bits: Int) {
      func count<T>(_ vectors: [Storage<T>]) -> Int { vectors.reduce(0) { $0 + $1.words.count { $0 != 0 } } }
      let (words, bits) = (triples.words[party], triples.bits[party])
      return (count([words.a, words.b, words.c]), count([bits.a, bits.b, bits.c]))
    }
  }

  /// Masking consumes, finishing overwrites; so does dropping what was not used.
  @Test func memoryIsOverwritten() throws {
    let step = (1...4).map { StepID(instruction: $0) }
    let demand = CorrelationDemand([
      Take(step[0], .wordTriple, 5), Take(step[1], .bitTripleWord, 4), Take(step[2], .wordTriple, 6),
      Take(step[3], .wordTriple, 7),
    ])
    let watched = Watched(demand, party: 1)
    #expect(watched.left.words == 3 * 18 && watched.left.bits == 3 * 4)
    var stock = CorrelationStock<UInt64>()
    try stock.fill(demand, with: watched.triples.second)
    do {
      var seen: UInt64 = 0
      let rest = try stock.wordTriples(5, step: step[0]).mask { a, b in seen = a[0] | b[4] }
      #expect(seen != 0 && watched.left.words == 3 * 18)
      rest.finish { a, b, c in c[0] = 1 }
    }
    #expect(watched.left.words == 3 * 13)
    _ = try stock.bitTriples(words: 4, step: step[1]).counts
    #expect(watched.left.bits == 0)
    _ = try stock.wordTriples(6, step: step[2]).mask { _, _ in }
    #expect(watched.left.words == 3 * 7 && stock.left == 7)
    stock.destroy()
    #expect(stock.left == 0)
  }
}
