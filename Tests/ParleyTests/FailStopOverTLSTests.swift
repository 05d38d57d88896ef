import Glibc
import ParleyBase
import ParleyCrypto
import ParleyNetwork
import ParleyRuntime
import ParleyTesting
import ParleyTransport
import Synchronization
import Testing

/// Five parties of which some vanish, over real links.
@Suite(.serialized) struct FailStopOverTLSTests {
  private static let family = FailStopFamily(parties: 5, tolerated: 2)

  /// Parties on loopback; all listen.
  private struct Site {
    var identities: [Identity]
    var principals: [MeshPrincipal]
    var meshes: [TLSMesh] = []
    let computing: Int
    var options = TransportOptions()

    init(_ count: Int, computing: Int) throws {
      self.computing = computing
      identities = try (0..<count).map { try Identity.create(name: "p\($0)") }
      let listeners = try (0..<count).map { _ in try MeshListener(endpoint: .init(host: "127.0.0.1", port: 0)) }
      principals = zip(identities, listeners).enumerated().map { index, pair in
        MeshPrincipal(
          name: "p\(index)", publicKey: pair.0.publicIdentity.signingKey,
          endpoint: .init(host: "127.0.0.1", port: pair.1.port))
      }
      options.patience = .milliseconds(500)
      meshes = try listeners.enumerated().map { try mesh($0, $1) }
      _ = try runParties(meshes, closing: false) { mesh in
        try (mesh as? TLSMesh)?.connect(timeout: .seconds(60))
      }.partyValues()
    }

    func mesh(_ index: Int, _ listener: MeshListener? = nil) throws -> TLSMesh {
      try TLSMesh(
        local: PartyIndex(index), principals: principals, computingCount: computing,
        key: identities[index].signingKey, session: Array(repeating: 7, count: 32), listener: listener,
        options: options)
    }
  }

  private static func run(_ work: FailStopRun, killed: [Int: Int]) throws -> (
    endings: [Result<FailStopRun.Ending, ParleyError>], calls: [Int]
  ) {
    let site = try Site(work.principals, computing: work.family.parties)
    let cut = site.meshes.enumerated().map { party, mesh in
      CutMesh(mesh, at: killed[party] ?? .max) { () throws(ParleyError) in
        mesh.vanish()
        throw ParleyError(.interrupted, "killed by the test")
      }
    }
    return (work.run(cut), cut.map(\.callCount))
  }

  /// The king, and another, at places over the whole run; then both.
  @Test func killed() throws {
    let work = try FailStopRun(Self.family, length: 4, seed: 0x5eed_fa12)
    let honest = try Self.run(work, killed: [:])
    let expected = try honest.endings[0].get().values
    var cases: [[Int: Int]] = []
    for party in [0, 3] {
      cases += (0..<5).map { [party: $0 * honest.calls[party] / 5] }
    }
    cases += [[0: 20, 3: 23], [0: 24, 1: 24]]
    var named = 0
    for killed in cases {
      let run = try Self.run(work, killed: killed)
      var rosters: Set<Roster> = []
      for party in (0..<5).filter({ killed[$0] == nil }) + [work.recipient.rawValue] {
        let ending = try run.endings[party].get()
        #expect(ending.values == expected, "P\(party), killed \(killed)")
        if let roster = ending.roster { rosters.insert(roster) }
      }
      #expect(rosters.count == 1, "killed \(killed): \(rosters)")
      let gone = Set(rosters.first?.departures.keys.map(\.rawValue) ?? [])
      #expect(gone.isSubset(of: killed.keys))
      named += gone.count
    }
    #expect(named >= cases.count)
  }

  /// Three of five: everybody who is left ends, and knows who is gone.
  @Test func tooManyVanish() throws {
    let work = try FailStopRun(Self.family, length: 4, seed: 0x5eed_fa12)
    let run = try Self.run(work, killed: [0: 12, 2: 14, 4: 9])
    for party in [1, 3] {
      guard case .failure(let error) = run.endings[party] else {
        Issue.record("P\(party) ended well")
        continue
      }
      #expect(
        error.code == .linkLost && error.message.contains("the protocol goes on without 2 at most"), "\(error)")
      #expect(Set(error.origin?.suspects.map(\.rawValue) ?? []).intersection([0, 2, 4]).count >= 2, "\(error)")
    }
  }

  /// A whole session: the others finish with the same result and one roster, and say in the receipt who has vanished.
  @Test func aSessionGoesOn() throws {
    let session = try FailStopSession(Self.family, length: 4, seed: 0x5eed_fa13)
    let agreedAt = Mutex(Int.max)
    func run(killing party: Int, at place: Int) throws -> [Result<FailStopSession.Outcome, ParleyError>] {
      let site = try Site(session.principals, computing: session.family.parties)
      let cut = site.meshes.enumerated().map { index, mesh in
        CutMesh(mesh, at: index == party ? place : .max) { () throws(ParleyError) in
          mesh.vanish()
          throw ParleyError(.interrupted, "killed by the test")
        }
      }
      return session.run(cut) { index, event in
        if index.rawValue == party, case .reached(.agreed) = event {
          agreedAt.withLock { $0 = cut[party].callCount }
        }
      }
    }
    let expected = try run(killing: 3, at: .max)[0].get().output
    let endings = try run(killing: 3, at: agreedAt.withLock { $0 } + 8)
    for party in [0, 1, 2, 4, session.recipient.rawValue] {
      let outcome = try endings[party].get()
      #expect(outcome.output == expected && outcome.output != nil, "P\(party)")
      #expect(outcome.session.roster.active.map(\.rawValue) == [0, 1, 2, 4], "P\(party)")
      let receipt = try #require(outcome.receipt, "P\(party): \(String(describing: outcome.receiptProblem))")
      try receipt.verify(agreed: session.plan(PartyIndex(0)).description, FailStopSession.verify)
      #expect(receipt.body.departures?.map(\.party) == [3])
    }
  }

  /// A party that was killed and is started again while the others go on without it is not let in.
  @Test func whoIsStartedAgainIsRefused() throws {
    let site = try Site(3, computing: 3)
    let isOver = Atomic(false)
    let step = StepID(instruction: 1)
    let results = runParties(site.meshes) { mesh -> Roster? in
      mesh.tolerateDepartures(of: [PartyIndex(0), PartyIndex(1), PartyIndex(2)])
      guard mesh.local.rawValue != 2 else {
        (mesh as? TLSMesh)?.vanish()
        return nil
      }
      let peer = PartyIndex(1 - mesh.local.rawValue)
      let agreement = RosterAgreement(links: mesh, parties: 3, tolerated: 1)
      // A share of the epoch that is about to end; nobody ever takes it.
      try mesh.send(step: step, to: peer, bytes: [0xee])
      do throws(ParleyError) {
        _ = try mesh.receiveControl(step: step, from: PartyIndex(2), atMost: 1)
        Issue.record("a party that is gone has sent something")
      } catch {
        #expect(error.code == .vanished)
        _ = try agreement.settle(after: error, position: 3)
      }
      try mesh.send(step: step, to: peer, bytes: [UInt8(agreement.roster.epoch)])
      #expect(try mesh.receiveControl(step: step, from: peer, atMost: 1) == [1])
      #expect(throws: ParleyError.self) { try mesh.receiveControl(step: step, from: PartyIndex(2), atMost: 1) }
      if mesh.local.rawValue == 0 {
        let again = try site.mesh(2)
        let error = #expect(throws: ParleyError.self) { try again.connect(timeout: .seconds(3)) }
        #expect(
          error.map { [.timeout, .linkLost].contains($0.code) } == true,
          "\(String(describing: error))")
        isOver.store(true, ordering: .relaxed)
      }
      while !isOver.load(ordering: .relaxed) { usleep(10_000) }
      // The others are as they were.
      try mesh.send(step: step.sub(1), to: peer, bytes: [7])
      #expect(try mesh.receiveControl(step: step.sub(1), from: peer, atMost: 1) == [7])
      return agreement.roster
    }
    let rosters = try results.partyValues()
    #expect(rosters[0] == rosters[1])
    #expect(rosters[0]?.active.map(\.rawValue) == [0, 1])
  }
}
