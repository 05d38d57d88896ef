import ParleyBase
import ParleyNetwork
import Testing

/// Who is still there, and how those that are left come to know the same.
@Suite struct RosterTests {
  enum Kind: CaseIterable { case memory, simulated }

  private func meshes(_ kind: Kind, _ count: Int, tolerating: Bool = true) -> [any Mesh] {
    let meshes: [any Mesh] =
      switch kind {
      case .memory: InMemoryNetwork(count: count).meshes
      case .simulated: SimulatedNetwork(count: count, link: .lan).meshes
      }
    if tolerating {
      for mesh in meshes { mesh.tolerateDepartures(of: Set((0..<count).map { PartyIndex($0) })) }
    }
    return meshes
  }
  private func vanish(_ mesh: any Mesh) {
    (mesh as? InMemoryMesh)?.vanish()
    (mesh as? SimulatedMesh)?.vanish()
  }

  @Test func atTheStart() {
    let roster = Roster(parties: 3)
    #expect(roster.epoch == 0 && roster.active.map(\.rawValue) == [0, 1, 2] && roster.departed.isEmpty)
    #expect(roster.contains(PartyIndex(2)) && !roster.contains(PartyIndex(3)))
  }

  /// Each of the others misses it at another step. All take the earliest.
  @Test(arguments: Kind.allCases) func earliestStep(kind: Kind) throws {
    let meshes = meshes(kind, 4)
    let results = runParties(meshes) { mesh -> Roster? in
      guard mesh.local.rawValue != 3 else {
        vanish(mesh)
        return nil
      }
      let agreement = RosterAgreement(links: mesh, parties: 4, tolerated: 1)
      let missed = #expect(throws: ParleyError.self) {
        _ = try mesh.take(1, step: step(5 + mesh.local.rawValue), from: PartyIndex(3))
      }
      let error = try #require(missed)
      #expect(error.code.rawValue == "network/vanished" && error.isOfRoster)
      guard
        case .adopted(let positions) = try agreement.settle(after: error, position: UInt64(mesh.local.rawValue))
      else {
        Issue.record("nobody has ended")
        return nil
      }
      #expect(positions == [PartyIndex(0): 0, PartyIndex(1): 1, PartyIndex(2): 2])
      return agreement.roster
    }
    let rosters = try results.partyValues().prefix(3).compactMap { $0 }
    #expect(Set(rosters).count == 1 && rosters.count == 3)
    #expect(rosters[0].epoch == 1)
    #expect(rosters[0].departures == [PartyIndex(3): .init(step: step(5), reason: .vanished)])
  }

  /// Only one notices. The others hear of it where they wait for that one, and for each other. What was sent before is skipped.
  @Test(arguments: Kind.allCases) func newsInPlaceOfMessages(kind: Kind) throws {
    let results = runParties(meshes(kind, 4)) { mesh -> Roster? in
      let local = mesh.local.rawValue
      guard local != 3 else {
        vanish(mesh)
        return nil
      }
      let agreement = RosterAgreement(links: mesh, parties: 4, tolerated: 1)
      for peer in 0..<3 where peer != local { try mesh.send(step: step(9), to: PartyIndex(peer), bytes: [0xee]) }
      // 0 waits for the party that is gone, 1 for 0, 2 for 1.
      let awaited = PartyIndex(local == 0 ? 3 : local - 1)
      do throws(ParleyError) {
        _ = try mesh.receiveControl(step: step(9), from: awaited, atMost: 1)
        _ = try mesh.receiveControl(step: step(10), from: awaited, atMost: 1)
        Issue.record("a message that nobody sends")
      } catch {
        #expect(error.isOfRoster && error.origin?.suspects == [awaited])
        _ = try agreement.settle(after: error, position: 0)
      }
      // The same step once more: what comes is of this epoch.
      for peer in 0..<3 where peer != local { try mesh.send(step: step(9), to: PartyIndex(peer), bytes: [1]) }
      for peer in 0..<3 where peer != local {
        #expect(try mesh.receiveControl(step: step(9), from: PartyIndex(peer), atMost: 1) == [1])
      }
      return agreement.roster
    }
    let rosters = try results.partyValues().prefix(3).compactMap { $0 }
    #expect(Set(rosters).count == 1 && rosters.first?.active.count == 3)
  }

  /// Without tolerance news of a roster are a message out of place, and a party that is gone ends the session.
  @Test(arguments: Kind.allCases) func onlyWhereItIsTolerated(kind: Kind) {
    let results = runParties(meshes(kind, 2, tolerating: false)) { mesh in
      try mesh.send(step: .roster, to: mesh.next(), bytes: [0])
      _ = try mesh.take(1, step: step(1), from: mesh.next())
    }
    #expect(results.contains { failure($0).code == .protocolViolation })
    let gone = runParties(meshes(kind, 2, tolerating: false)) { mesh in
      if mesh.local.rawValue == 1 { return vanish(mesh) }
      _ = try mesh.take(1, step: step(1), from: PartyIndex(1))
    }
    #expect([.peerAborted, .linkLost].contains(failure(gone[0]).code))
  }

  /// What a party without others is told, and what a notice of another form is.
  @Test(arguments: Kind.allCases) func malformed(kind: Kind) {
    let wrong: [[UInt8]] = [
      [], [3] + Array(repeating: 0, count: 12), [0] + Array(repeating: 0, count: 11),
      // Two departures of one party; a party that is none; a reason that is none; something behind it.
      notice([(2, 0), (2, 0)]), notice([(3, 0)]), notice([(2, 2)]), notice([(2, 0)]) + [0],
      // No departure at all.
      notice([]),
    ]
    for bytes in wrong {
      let results = runParties(meshes(kind, 3)) { mesh in
        guard mesh.local.rawValue == 0 else {
          if mesh.local.rawValue == 1 { try mesh.send(step: .roster, to: PartyIndex(0), bytes: bytes) }
          return
        }
        let agreement = RosterAgreement(links: mesh, parties: 3, tolerated: 1)
        let news = #expect(throws: ParleyError.self) { _ = try mesh.take(1, step: step(1), from: PartyIndex(1)) }
        _ = try agreement.settle(after: try #require(news), position: 0)
      }
      #expect(failure(results[0]).code == .protocolViolation, "\(bytes): \(results[0])")
      #expect(failure(results[0]).origin?.suspects == [PartyIndex(1)])
    }
  }

  private func notice(_ departures: [(party: UInt16, reason: UInt8)]) -> [UInt8] {
    var out = CanonicalWriter()
    out.write(UInt8(0))
    out.write(UInt64(0))
    out.write(list: departures) { out, entry in
      out.write(entry.party)
      out.write(UInt64(0))
      out.write(entry.reason)
    }
    return out.bytes
  }

  /// Whoever is named has left, whether or not it runs.
  @Test(arguments: Kind.allCases) func leftBehind(kind: Kind) {
    let results = runParties(meshes(kind, 3)) { mesh in
      switch mesh.local.rawValue {
      case 0: try mesh.send(step: .roster, to: PartyIndex(1), bytes: notice([(1, 0)]))
      case 1:
        let agreement = RosterAgreement(links: mesh, parties: 3, tolerated: 1)
        let news = #expect(throws: ParleyError.self) { _ = try mesh.take(1, step: step(1), from: PartyIndex(0)) }
        _ = try agreement.settle(after: try #require(news), position: 0)
      default: break
      }
    }
    #expect(failure(results[1]).code.rawValue == "network/left-behind")
  }

  /// Nothing more is sent to a party without which this one has gone on, or received from it.
  @Test(arguments: Kind.allCases) func dismissed(kind: Kind) throws {
    let meshes = meshes(kind, 2)
    try meshes[1].send(step: step(1), to: PartyIndex(0), bytes: [1])
    meshes[0].dismiss(PartyIndex(1))
    try meshes[1].send(step: step(2), to: PartyIndex(0), bytes: [2])
    let here = #expect(throws: ParleyError.self) { _ = try meshes[0].take(1, step: step(1), from: PartyIndex(1)) }
    #expect(here?.code == .vanished)
    let there = #expect(throws: ParleyError.self) { _ = try meshes[1].take(1, step: step(1), from: PartyIndex(0)) }
    #expect(there?.code == .vanished)
    // A message to it is no error.
    try meshes[0].send(step: step(3), to: PartyIndex(1), bytes: [3])
  }
}
