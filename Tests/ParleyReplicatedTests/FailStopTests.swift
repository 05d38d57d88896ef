import BigInt
import Glibc
import ParleyBase
import ParleyClear
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyTesting
import Synchronization
import Testing

/// Five parties of which some vanish, in one process: on queues, and on links in virtual time.
@Suite struct FailStopTests {
  enum Network: CaseIterable { case memory, simulated }

  private static let family = FailStopFamily(parties: 5, tolerated: 2)
  private static let seed = 0x5eed_fa11 as UInt64
  private static func work(_ number: UInt64 = 0) throws -> FailStopRun {
    try FailStopRun(family, length: 6, seed: seed + number)
  }

  /// Meshes, and what kills a party on them.
  private static func meshes(
    _ network: Network, _ count: Int, patience: Duration = .seconds(60)
  ) -> (meshes: [any Mesh], kill: @Sendable (Int) -> Void) {
    let made: [any Mesh] =
      switch network {
      case .memory: InMemoryNetwork(count: count, options: InMemoryOptions(patience: patience)).meshes
      case .simulated: SimulatedNetwork(count: count, link: .lan).meshes
      }
    return (
      made,
      { party in
        (made[party] as? InMemoryMesh)?.vanish()
        (made[party] as? SimulatedMesh)?.vanish()
      }
    )
  }

  /// Runs it, with parties killed at these calls of theirs.
  private static func run(
    _ work: FailStopRun, on network: Network, killed: [Int: Int]
  ) -> (endings: [Result<FailStopRun.Ending, ParleyError>], calls: [Int]) {
    let (made, kill) = meshes(network, work.principals)
    let cut = made.enumerated().map { party, mesh in
      guard let place = killed[party] else { return CutMesh(mesh) }
      return CutMesh(mesh, at: place) { () throws(ParleyError) in
        kill(party)
        throw ParleyError(.interrupted, "killed by the test")
      }
    }
    return (work.run(cut), cut.map(\.callCount))
  }

  private func values(_ result: Result<FailStopRun.Ending, ParleyError>) -> FailStopRun.Ending? {
    if case .success(let ending) = result { ending } else { nil }
  }
  private func failure(_ result: Result<FailStopRun.Ending, ParleyError>) -> ParleyError? {
    if case .failure(let error) = result { error } else { nil }
  }

  /// Without anybody who vanishes it is an engine as any other: with nobody who may, too.
  @Test func conformance() throws {
    try Conformance(FailStopFamily(parties: 4, tolerated: 0), seed: 1, lengths: [0, 1, 63, 65]).run()
    for count in [1, 8, 65] {
      try CostProbe(FailStopFamily(parties: 5, tolerated: 0), seed: 2).check([
        .multiply(items: 3, count: count), .innerProducts(items: 2, count: count),
        .matrixProduct(rows: 3, inner: count, columns: 2), .and(items: 4, count: count),
        .summands(width: 5, count: count), .inputArith(count: count), .inputPlanes(planes: 7, count: count),
        .openToRecipient(count: count), .openPlanesToRecipient(planes: 3, count: count),
      ])
    }
  }

  @Test(arguments: Network.allCases) func nobodyLeaves(network: Network) throws {
    let work = try Self.work()
    let clear = try InsecurePlaintextEvaluator.evaluate(
      work.generated.program, tables: [ProgramGenerator.schema],
      data: [ProgramGenerator.schema.name: work.generated.data])
    let run = Self.run(work, on: network, killed: [:])
    for party in Array(0..<5) + [work.recipient.rawValue] {
      let ending = try #require(values(run.endings[party]), "P\(party): \(run.endings[party])")
      for (index, disclosure) in work.generated.program.disclosures.enumerated() {
        let opened = try #require(ending.values[index])
        #expect(
          opened.integers(of: work.generated.program[disclosure.node].type)
            == clear[Program.DisclosureID(rawValue: index)])
      }
      if party < 5 { #expect(ending.roster == Roster(parties: 5)) }
    }
  }

  /// Those that are left have the results of the run in which nobody left, and one roster.
  private func check(
    _ run: (endings: [Result<FailStopRun.Ending, ParleyError>], calls: [Int]), _ killed: [Int: Int],
    _ work: FailStopRun, _ expected: [Int: ClearValues]
  ) throws -> Roster {
    let left = (0..<5).filter { party in killed[party].map { $0 >= run.calls[party] } ?? true }
    var rosters: Set<Roster> = []
    for party in left + [work.recipient.rawValue] {
      let ending = try #require(values(run.endings[party]), "P\(party), killed \(killed): \(run.endings[party])")
      #expect(ending.values == expected, "P\(party), killed \(killed)")
      if let roster = ending.roster { rosters.insert(roster) }
    }
    #expect(rosters.count == 1, "killed \(killed): \(rosters)")
    let roster = try #require(rosters.first)
    #expect(Set(roster.departures.keys.map(\.rawValue)).isSubset(of: killed.keys))
    #expect(roster.epoch == roster.departures.count)
    return roster
  }

  /// A party is killed at each of its calls in turn: before it sends, between two messages of one flight, before it receives,
  /// while it waits for the end.
  @Test(arguments: Network.allCases, 0..<5) func killedAtEveryCall(network: Network, party: Int) throws {
    let work = try Self.work()
    let honest = Self.run(work, on: network, killed: [:])
    let expected = try #require(values(honest.endings[0])).values
    let stride = LongTests.areSampled || network == .simulated ? 7 : 1
    var named = 0
    for place in Swift.stride(from: 0, to: honest.calls[party], by: stride) {
      let killed = [party: place]
      let roster = try check(Self.run(work, on: network, killed: killed), killed, work, expected)
      if place == 0 { #expect(roster.departures[PartyIndex(party)]?.reason == .vanished) }
      named += roster.epoch
    }
    // Whoever has everybody's word that all have everything, and is killed after that, is missed by nobody.
    #expect(named > 0)
  }

  /// Two at a time, also while the others agree about the first.
  @Test(arguments: Network.allCases, 0..<(LongTests.areSampled ? 2 : 6 as UInt64))
  func twoAreKilled(network: Network, block: UInt64) throws {
    let work = try Self.work(block)
    let honest = Self.run(work, on: network, killed: [:])
    let expected = try #require(values(honest.endings[0])).values
    var random = InsecureRandom(seed: Self.seed, 2, block)
    for _ in 0..<25 {
      let first = Int.random(in: 0..<5, using: &random)
      let second = (first + Int.random(in: 1..<5, using: &random)) % 5
      let place = Int.random(in: 0..<honest.calls[first], using: &random)
      let killed = [first: place, second: place + Int.random(in: 0..<12, using: &random)]
      _ = try check(Self.run(work, on: network, killed: killed), killed, work, expected)
    }
  }

  /// More than may vanish: the session ends at everybody, and names those that are gone.
  @Test(arguments: Network.allCases) func tooManyVanish(network: Network) throws {
    let work = try Self.work()
    var random = InsecureRandom(seed: Self.seed, 3)
    for _ in 0..<20 {
      var parties = Array(0..<5)
      parties.shuffle(using: &random)
      let gone = Array(parties.prefix(3))
      let killed = Dictionary(uniqueKeysWithValues: gone.map { ($0, Int.random(in: 0..<25, using: &random)) })
      let run = Self.run(work, on: network, killed: killed)
      for party in parties.suffix(2) {
        let error = try #require(failure(run.endings[party]), "P\(party) ended well without \(gone)")
        #expect(error.code == .linkLost, "\(error)")
        #expect(error.message.contains("the protocol goes on without 2 at most"), "\(error)")
        let suspects = Set(error.origin?.suspects.map(\.rawValue) ?? [])
        #expect(suspects.count >= 3 && suspects.intersection(gone).count >= 2, "\(error), gone \(gone)")
      }
      #expect(failure(run.endings[work.recipient.rawValue])?.code == .linkLost)
    }
  }

  /// Where nobody may vanish, a party that is killed ends the session, and so does anybody who aborts.
  @Test func nobodyMayVanish() throws {
    let work = try FailStopRun(FailStopFamily(parties: 5, tolerated: 0), length: 4, seed: Self.seed)
    let run = Self.run(work, on: .memory, killed: [3: 9])
    for party in [0, 1, 2, 4] {
      let code = try #require(failure(run.endings[party])).code
      #expect(code == .peerAborted || code == .linkLost)
    }
  }

  /// A failed check is no departure.
  @Test(arguments: Network.allCases) func aFailedCheckEndsTheSession(network: Network) throws {
    let work = try Self.work()
    let (made, _) = Self.meshes(network, work.principals)
    let cut = made.enumerated().map { party, mesh in
      CutMesh(mesh, at: party == 2 ? 9 : .max) { () throws(ParleyError) in
        throw ParleyError(.cheating, "noticed by the test")
      }
    }
    let endings = work.run(cut)
    #expect(failure(endings[2])?.code == .cheating)
    for party in [0, 1, 3, 4, work.recipient.rawValue] {
      #expect(failure(endings[party])?.code == .peerAborted, "P\(party): \(endings[party])")
    }
  }

  /// A party that its operator stops leaves, and the others go on at once.
  @Test(arguments: Network.allCases) func whoIsStoppedLeaves(network: Network) throws {
    let work = try Self.work()
    let expected = try #require(values(Self.run(work, on: network, killed: [:]).endings[0])).values
    let (made, _) = Self.meshes(network, work.principals)
    let cut = made.enumerated().map { party, mesh in
      CutMesh(mesh, at: party == 1 ? 9 : .max) { () throws(ParleyError) in
        throw ParleyError(.interrupted, "stopped by the test")
      }
    }
    let roster = try check((work.run(cut), cut.map(\.callCount)), [1: 9], work, expected)
    #expect(roster.departures[PartyIndex(1)]?.reason == .left)
    #expect(roster.active.map(\.rawValue) == [0, 2, 3, 4])
  }

  /// A party that is silent for longer than the others wait, and then comes back with messages of an epoch that is over, is not
  /// heard, and is told that it has been left behind. Also the king.
  @Test(arguments: [0, 3], [2, 9, 17]) func whoComesBackIsLeftBehind(party: Int, place: Int) throws {
    let work = try Self.work()
    let expected = try #require(values(Self.run(work, on: .memory, killed: [:]).endings[0])).values
    let (made, _) = Self.meshes(.memory, work.principals, patience: .seconds(2))
    let ended = Ended()
    let cut = made.enumerated().map { index, mesh in
      CutMesh(mesh, at: index == party ? place : .max) { () throws(ParleyError) in ended.wait(for: 4) }
    }
    let endings = work.run(cut) { if $0.rawValue < 5 { ended.count() } }
    #expect(failure(endings[party])?.code == .leftBehind, "\(endings[party])")
    let roster = try check((endings, cut.map { _ in 0 }), [party: -1], work, expected)
    #expect(roster.departures.keys.map(\.rawValue) == [party])
  }

  private final class Ended: Sendable {
    private let number = Atomic(0)
    func count() { number.add(1, ordering: .relaxed) }
    func wait(for count: Int) {
      for _ in 0..<6000 where number.load(ordering: .relaxed) < count { usleep(10_000) }
    }
  }
}
